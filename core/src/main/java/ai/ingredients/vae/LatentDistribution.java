package ai.ingredients.vae;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * The diagonal Gaussian over latents that the encoder answers with; its tensors belong to the scope it was made in.
 * Source: {@code DiagonalGaussianDistribution} of the reference.
 *
 * @param mean [B, C, f, h, w]
 * @param logvar [B, C, f, h, w], logarithm of the variance, in [-30, 20]
 */
public record LatentDistribution(Tensor mean, Tensor logvar) {
    private static final double LOWEST = -30;
    private static final double HIGHEST = 20;

    /** Splits the encoder's answer [B, 2·C, f, h, w] and bounds the log-variance. */
    static LatentDistribution of(Tensor parameters) {
        Tensor[] halves = Ops.chunk(parameters, 2, 1);
        ScalarOptional lowest = new ScalarOptional(new Scalar(LOWEST));
        ScalarOptional highest = new ScalarOptional(new Scalar(HIGHEST));
        return new LatentDistribution(halves[0], halves[1].clamp(lowest, highest));
    }

    /** One draw, {@code mean + σ · noise}: [B, C, f, h, w]. Takes one {@link Noise#gaussian} in the mean's dtype. */
    public Tensor sample(Noise noise) {
        Compute compute = new Compute(mean.device().str().getString(), DType.of(mean));
        Tensor drawn = noise.gaussian(compute, Ops.shape(mean));
        return mean.add(deviation().mul(drawn));
    }

    /** Divergence of every latent from a standard normal distribution, in nats: [B, C, f, h, w]. */
    public Tensor kl() {
        Tensor variance = logvar.exp();
        return Ops.scale(Ops.plus(mean.square().add(variance).sub(logvar), -1), 0.5);
    }

    /** The likeliest latents, which is the mean. */
    public Tensor mode() {
        return mean;
    }

    /** σ: [B, C, f, h, w]. */
    public Tensor deviation() {
        return Ops.scale(logvar, 0.5).exp();
    }
}
