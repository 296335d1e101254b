package ai.ingredients.face;

import ai.ingredients.nn.BatchNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The improved residual network that ArcFace recognisers are: an aligned face becomes a vector that tells people apart.
 *
 * <p>Source: ArcFace (arXiv 1801.07698) as in insightface's {@code arcface_torch/backbones/iresnet.py}; state-dict names
 * are those of its published checkpoints ({@code iresnet18} … {@code iresnet100}).
 *
 * <p>Weights belong to the {@link Weights} given; this object owns nothing. Safe for concurrent forwards with running
 * statistics.
 */
public final class IResNet {
    private final IResNetConfig config;
    private final boolean training;
    private final ResidualTrunk trunk;
    private final BatchNorm norm;
    private final Linear toEmbedding;
    private final BatchNorm features;

    /** Takes the network from {@code weights} to embed faces with it; call {@link Weights#verify} afterwards. */
    public IResNet(Weights weights, IResNetConfig config) {
        this(weights, config, BatchNorm.Statistics.RUNNING);
    }

    /** As {@link #IResNet(Weights, IResNetConfig)}; with statistics of the batch to train it. */
    public IResNet(Weights weights, IResNetConfig config, BatchNorm.Statistics statistics) {
        this.config = config;
        training = statistics == BatchNorm.Statistics.BATCH;
        int in = config.widths().getFirst();
        ConvNorm stem = ConvNorm.of(weights.at("conv1"), weights.at("bn1"), 3, in, 3, 1, statistics);
        Tensor stemSlope = weights.at("prelu").tensor("weight", in);
        List<ResidualTrunk.Block> blocks = new ArrayList<>();
        for (int stage = 0; stage < IResNetConfig.STAGES; stage++) {
            int width = config.widths().get(stage);
            Weights scope = weights.at("layer" + (stage + 1));
            for (int i = 0; i < config.layers().get(stage); i++) {
                blocks.add(block(scope.at(i), in, width, i == 0 ? 2 : 1, statistics));
                in = width;
            }
        }
        trunk = new ResidualTrunk(config, stem, stemSlope, blocks);
        norm = ConvNorm.norm(weights.at("bn2"), in, statistics);
        toEmbedding = Linear.of(weights.at("fc"), (long) in * config.cells(), config.numFeatures());
        features = ConvNorm.normOfFixedScale(weights.at("features"), config.numFeatures(), statistics);
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
            Tensor flat = norm.forward(last).flatten(1, -1);
            Tensor kept = training && config.dropout() > 0 ? torch.dropout(flat, config.dropout(), true) : flat;
            return features.forward(toEmbedding.forward(kept));
        });
    }

    private static ResidualTrunk.Block block(
            Weights weights, long in, long width, long stride, BatchNorm.Statistics statistics) {
        return new ResidualTrunk.Block(
                ConvNorm.norm(weights.at("bn1"), in, statistics),
                ConvNorm.of(weights.at("conv1"), weights.at("bn2"), in, width, 3, 1, statistics),
                weights.at("prelu").tensor("weight", width),
                ConvNorm.of(weights.at("conv2"), weights.at("bn3"), width, width, 3, stride, statistics),
                stride,
                stride == 1 ? null : ConvNorm.sequential(weights.at("downsample"), in, width, 1, stride, statistics));
    }
}
