package ai.ingredients.training.vae;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Another basis for the latents of a trained autoencoder: the same pictures from latents whose channels are uncorrelated
 * and of similar power.
 *
 * <p>A weak divergence leaves most of the latents' power in the few directions that hold a patch's colour. A diffusion
 * model then learns these only: at a noise level that hides the colour, edges and eyes are long gone, and its loss hardly
 * counts them. The last layer of the encoder and the layers of the decoder that see latents are linear, so a change of
 * basis is a change of their weights and costs nothing.
 */
final class LatentBasis {
    private static final String ENCODER = "encoder.conv_out.conv.";
    private static final Pattern DECODER =
            Pattern.compile("decoder\\.conv_in\\.conv\\.weight|decoder\\..*\\.conv_[yb]\\.conv\\.weight");
    /** Of the greatest power: less is rounding. */
    private static final double LEAST_POWER = 1e-6;

    private static final long[] FIRST = {0};
    private static final long[] SECOND = {1};

    private LatentBasis() {}

    /**
     * The new latents' directions. The first is that of the latents' mean, so that all other channels have none; the others
     * are the principal axes of what varies beside it, the strongest first. All are scaled so that the channels' mean
     * variance is 1.
     *
     * @param latents of many places [n, C]
     * @param evenness 0 keeps each direction's share of the power, 1 makes all equal
     * @return [C, C], a row for each new channel
     */
    static Tensor of(Tensor latents, double evenness) {
        return Scope.of(() -> {
            long channels = latents.size(1);
            Tensor samples = latents.to(ScalarType.Double);
            Tensor mean = samples.mean(FIRST, true, new ScalarTypeOptional()); // [1, C]
            Tensor centred = samples.sub(mean);
            Tensor covariance = Ops.scale(centred.t().matmul(centred), 1.0 / samples.size(0));
            Tensor along = mean.div(mean.norm()); // [1, C]
            Tensor across =
                    torch.eye(channels).to(ScalarType.Double).sub(along.t().matmul(along));
            T_TensorTensor_T parts = torch.linalg_eigh(across.matmul(covariance).matmul(across), new BytePointer("L"));
            Tensor axes =
                    parts.get1().t().flip(0).narrow(0, 0, channels - 1); // without the mean's own, whose power is 0
            Tensor directions = Ops.cat(0, along, axes);
            Tensor powers = directions.matmul(covariance).mul(directions).sum(SECOND, true, new ScalarTypeOptional());
            Tensor floored = powers.maximum(Ops.scale(powers.amax(), LEAST_POWER)); // [C, 1]
            Tensor scales = floored.pow(new Scalar(-evenness / 2));
            Tensor variance = powers.mul(scales).mul(scales).mean();
            return directions.mul(scales).div(variance.sqrt()).contiguous();
        });
    }

    /**
     * The autoencoder's weights for latents in another basis. The logarithm of a new channel's variance is the mean of the
     * old ones', by how much each contributes: the one part that is not exact.
     *
     * @param weights by official name; those that do not change are passed on
     * @param basis as of {@link #of}
     */
    static Map<String, Tensor> fold(Map<String, Tensor> weights, Tensor basis) {
        Map<String, Tensor> folded = new LinkedHashMap<>(weights);
        Tensor inverse = torch.linalg_inv(basis);
        Tensor squares = basis.square();
        Tensor power = squares.sum(SECOND, true, new ScalarTypeOptional()); // [C, 1]
        Tensor shares = squares.div(power);
        long channels = basis.size(0);
        for (String name : List.of("weight", "bias")) {
            Tensor old = require(weights, ENCODER + name).to(ScalarType.Double);
            Tensor means = mixed(basis, old.narrow(0, 0, channels));
            Tensor logs = mixed(shares, old.narrow(0, channels, channels));
            if (name.equals("bias")) {
                logs = logs.add(power.log().squeeze(1));
            }
            folded.put(ENCODER + name, single(Ops.cat(0, means, logs)));
        }
        weights.forEach((name, old) -> {
            if (DECODER.matcher(name).matches()) {
                Tensor channelsFirst = old.to(ScalarType.Double).transpose(0, 1); // [C, out, ...]
                folded.put(name, single(mixed(inverse.t(), channelsFirst).transpose(0, 1)));
            }
        });
        return folded;
    }

    private static Tensor require(Map<String, Tensor> weights, String name) {
        Tensor tensor = weights.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the autoencoder has no " + name);
        }
        return tensor;
    }

    /** {@code matrix} times the first dimension of {@code x}. */
    private static Tensor mixed(Tensor matrix, Tensor x) {
        return matrix.matmul(x.reshape(x.size(0), -1)).reshape(Ops.shape(x));
    }

    private static Tensor single(Tensor x) {
        return x.to(ScalarType.Float).contiguous();
    }
}
