package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * TFace's residual network, as IR-101 the one that tells people apart in ConsisID's evaluation: an {@link IResNet} but
 * for its names, its first block, which has no convolution in the shortcut, and its last normalisation, which has no
 * scale and shift.
 *
 * <p>Source: CurricularFace (arXiv 2004.00288) as in TFace's {@code model_irse.py}, which feizc/Ingredients and
 * PKU-YuanGroup/ConsisID carry; state-dict names are those of {@code glint360k_curricular_face_r101_backbone.bin}.
 *
 * <p>Weights belong to the {@link Weights} given; this object owns nothing. Safe for concurrent forwards.
 */
public final class CurricularFace {
    private static final double NORM_EPS = 1e-5;

    private final IResNetConfig config;
    private final ResidualTrunk trunk;
    private final BatchNorm norm;
    private final Linear toEmbedding;
    private final Tensor mean; // [numFeatures]
    private final Tensor variance; // [numFeatures]

    /** Takes the network from {@code weights}; call {@link Weights#verify} afterwards. */
    public CurricularFace(Weights weights, IResNetConfig config) {
        this.config = config;
        int in = config.widths().getFirst();
        Weights input = weights.at("input_layer");
        ConvNorm stem = ConvNorm.sequential(input, 3, in, 3, 1, BatchNorm.Statistics.RUNNING);
        Tensor stemSlope = input.at(2).tensor("weight", in);
        List<ResidualTrunk.Block> blocks = new ArrayList<>();
        for (int stage = 0; stage < IResNetConfig.STAGES; stage++) {
            int width = config.widths().get(stage);
            for (int i = 0; i < config.layers().get(stage); i++) {
                blocks.add(block(weights.at("body").at(blocks.size()), in, width, i == 0 ? 2 : 1));
                in = width;
            }
        }
        trunk = new ResidualTrunk(config, stem, stemSlope, blocks);
        Weights output = weights.at("output_layer"); // 1 is dropout, 2 flattens
        norm = ConvNorm.norm(output.at(0), in, BatchNorm.Statistics.RUNNING);
        toEmbedding = Linear.of(output.at(3), (long) in * config.cells(), config.numFeatures());
        Weights last = output.at(4);
        mean = last.buffer("running_mean", config.numFeatures());
        variance = last.buffer("running_var", config.numFeatures());
        last.ignore("num_batches_tracked");
    }

    /**
     * The sizes of the network that {@code store} holds the weights of.
     *
     * @throws InvalidInputException when it holds another network
     */
    public static IResNetConfig config(TensorStore store) {
        List<Integer> layers = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        for (int i = 0; i == 0 || store.has("body." + i + ".res_layer.1.weight"); i++) {
            if (i == 0 || store.has("body." + i + ".shortcut_layer.0.weight")) { // a wider stage begins
                layers.add(0);
                widths.add(size(store, "body." + i + ".res_layer.1.weight", 0));
            }
            layers.set(layers.size() - 1, layers.getLast() + 1);
        }
        int cells = size(store, "output_layer.3.weight", 1) / widths.getLast();
        int inputSize = (1 << IResNetConfig.STAGES) * (int) Math.round(Math.sqrt(cells));
        return new IResNetConfig(layers, widths, size(store, "output_layer.3.weight", 0), inputSize, 0);
    }

    private static int size(TensorStore store, String name, int dimension) {
        if (!store.has(name) || store.info(name).shape().size() <= dimension) {
            throw new InvalidInputException(store.source() + ": has no fitting \"" + name
                    + "\"; expected a CurricularFace network, such as glint360k_curricular_face_r101_backbone.bin");
        }
        return Math.toIntExact(Objects.requireNonNull(store.info(name).shape().get(dimension)));
    }

    /** The sizes of this network. */
    public IResNetConfig config() {
        return config;
    }

    /**
     * Embeds faces.
     *
     * @param pixels [B, 3, inputSize, inputSize] in R, G, B order, from −1 to 1
     * @return [B, numFeatures], not normalised, owned by the innermost scope
     */
    public Tensor forward(Tensor pixels) {
        Tensor last = trunk.forward(pixels); // [B, widths[3], H/16, W/16]
        return Scope.of(() -> {
            Tensor embedding = toEmbedding.forward(norm.forward(last).flatten(1, -1));
            return embedding.sub(mean).div(Ops.plus(variance, NORM_EPS).sqrt());
        });
    }

    private static ResidualTrunk.Block block(Weights weights, long in, long width, long stride) {
        BatchNorm.Statistics running = BatchNorm.Statistics.RUNNING;
        Weights inner = weights.at("res_layer");
        return new ResidualTrunk.Block(
                ConvNorm.norm(inner.at(0), in, running),
                ConvNorm.of(inner.at(1), inner.at(2), in, width, 3, 1, running),
                inner.at(3).tensor("weight", width),
                ConvNorm.of(inner.at(4), inner.at(5), width, width, 3, stride, running),
                stride,
                in == width ? null : ConvNorm.sequential(weights.at("shortcut_layer"), in, width, 1, stride, running));
    }
}
