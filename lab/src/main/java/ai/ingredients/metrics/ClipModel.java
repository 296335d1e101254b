package ai.ingredients.metrics;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * CLIP: pictures and texts become unit vectors of one space, whose cosine says how well they fit.
 *
 * <p>Source: CLIP (arXiv 2103.00020) as in {@code transformers/models/clip/modeling_clip.py}; state-dict names are those
 * of its {@code CLIPModel}, {@code pre_layrnorm} included.
 *
 * <p>Weights belong to the {@link Weights} given; this object owns nothing. Safe for concurrent forwards.
 */
final class ClipModel {
    private final ClipConfig config;
    private final Compute compute;
    private final Tensor tokenEmbedding; // [vocab, width]
    private final Tensor textPositions; // [positions, width]
    private final List<Block> textBlocks;
    private final LayerNorm finalLayerNorm;
    private final Linear textProjection;

    private final Conv2d patchEmbedding;
    private final Tensor classEmbedding; // [width]
    private final Tensor imagePositions; // [tokens, width]
    private final LayerNorm preLayerNorm;
    private final List<Block> imageBlocks;
    private final LayerNorm postLayerNorm;
    private final Linear visualProjection;
    private final Tensor logitScale; // []

    /** Takes the model from {@code weights}; call {@link Weights#verify} afterwards. */
    ClipModel(Weights weights, ClipConfig config) {
        this.config = config;
        compute = weights.compute();
        logitScale = weights.tensor("logit_scale");

        ClipConfig.Text text = config.text();
        int textWidth = text.tower().hiddenSize();
        Weights textModel = weights.at("text_model");
        Weights tokens = textModel.at("embeddings");
        tokenEmbedding = tokens.at("token_embedding").tensor("weight", text.vocabSize(), textWidth);
        textPositions = tokens.at("position_embedding").tensor("weight", text.maxPositionEmbeddings(), textWidth);
        tokens.ignore("position_ids"); // 0, 1, 2 … in older checkpoints
        textBlocks = blocks(textModel, text.tower());
        finalLayerNorm = norm(textModel.at("final_layer_norm"), text.tower());
        textProjection = Linear.withoutBias(weights.at("text_projection"), textWidth, config.projectionDim());

        ClipConfig.Vision vision = config.vision();
        int imageWidth = vision.tower().hiddenSize();
        Weights visionModel = weights.at("vision_model");
        Weights patches = visionModel.at("embeddings");
        classEmbedding = patches.tensor("class_embedding", imageWidth);
        patchEmbedding = Conv2d.withoutBias(
                patches.at("patch_embedding"), 3, imageWidth, vision.patchSize(), vision.patchSize(), 0);
        imagePositions = patches.at("position_embedding").tensor("weight", vision.tokens(), imageWidth);
        patches.ignore("position_ids");
        preLayerNorm = norm(visionModel.at("pre_layrnorm"), vision.tower());
        imageBlocks = blocks(visionModel, vision.tower());
        postLayerNorm = norm(visionModel.at("post_layernorm"), vision.tower());
        visualProjection = Linear.withoutBias(weights.at("visual_projection"), imageWidth, config.projectionDim());
    }

    private static List<Block> blocks(Weights model, ClipConfig.Tower tower) {
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < tower.numHiddenLayers(); i++) {
            blocks.add(new Block(model.at("encoder").at("layers").at(i), tower));
        }
        return blocks;
    }

    private static LayerNorm norm(Weights weights, ClipConfig.Tower tower) {
        return LayerNorm.of(weights, tower.hiddenSize(), tower.layerNormEps());
    }

    /** The sizes of this model. */
    ClipConfig config() {
        return config;
    }

    /** What the model multiplies cosines with to get logits: 100 in OpenAI's weights. */
    double logitScale() {
        try (Scope scope = Scope.inference()) {
            return logitScale.exp().item().toDouble();
        }
    }

    /**
     * Embeds pictures.
     *
     * @param pixels [B, 3, imageSize, imageSize], normalised by {@link ClipImageProcessor}
     * @return [B, projectionDim] of length 1, owned by the innermost scope
     */
    Tensor embedImages(Tensor pixels) {
        Tensor hidden = Scope.of(() -> {
            Tensor patches =
                    patchEmbedding.forward(compute.place(pixels)).flatten(2, 3).transpose(1, 2); // [B, grid², w]
            Tensor cls = classEmbedding.expand(pixels.size(0), 1, -1);
            return preLayerNorm.forward(Ops.cat(1, cls, patches).add(imagePositions)); // [B, tokens, w]
        });
        Tensor last = through(imageBlocks, hidden, null);
        return Scope.of(() -> unit(visualProjection.forward(postLayerNorm.forward(last.select(1, 0)))));
    }

    /**
     * Embeds one text.
     *
     * @param ids from {@link ClipTokenizer}: start, text, end
     * @return [1, projectionDim] of length 1, owned by the innermost scope
     */
    Tensor embedText(long[] ids) {
        ClipConfig.Text text = config.text();
        if (ids.length > text.maxPositionEmbeddings()) {
            throw new IllegalArgumentException(
                    ids.length + " tokens are too many; the text tower takes " + text.maxPositionEmbeddings());
        }
        for (long id : ids) {
            if (id < 0 || id >= text.vocabSize()) {
                throw new InvalidInputException("the tokenizer gives id " + id + ", but vocab_size is "
                        + text.vocabSize() + "; vocab.json and config.json must belong together");
            }
        }
        Tensor hidden = Scope.of(() -> {
            Tensor onDevice = Ops.tensor(ids, 1, ids.length).to(compute.nativeDevice(), ScalarType.Long);
            return torch.embedding(tokenEmbedding, onDevice).add(textPositions.narrow(0, 0, ids.length)); // [1, T, w]
        });
        Tensor last = Scope.of(() -> through(textBlocks, hidden, pastOnly(ids.length)));
        return Scope.of(() -> {
            Tensor end = last.select(1, text.endOf(ids)); // [1, w]
            return unit(textProjection.forward(finalLayerNorm.forward(end)));
        });
    }

    /** [T, T]: 0 where a token may look, −∞ for the tokens after it. */
    private Tensor pastOnly(long tokens) {
        long[] shape = {tokens, tokens};
        return torch.full(shape, new Scalar(Double.NEGATIVE_INFINITY), compute.options())
                .triu(1);
    }

    private static Tensor through(List<Block> blocks, Tensor embedded, @Nullable Tensor mask) {
        Tensor hidden = embedded;
        for (Block block : blocks) {
            Tensor input = hidden;
            hidden = Scope.of(() -> block.forward(input, mask));
        }
        return hidden;
    }

    /** Rows of length 1. */
    private static Tensor unit(Tensor x) {
        return x.div(
                x.mul(x).sum(new long[] {-1}, true, new ScalarTypeOptional()).sqrt());
    }

    /** A pre-norm transformer layer. */
    private static final class Block {
        private final int heads;
        private final LayerNorm norm1;
        private final Linear toQuery;
        private final Linear toKey;
        private final Linear toValue;
        private final Linear toOut;
        private final LayerNorm norm2;
        private final Linear fc1;
        private final ClipConfig.Activation activation;
        private final Linear fc2;

        Block(Weights weights, ClipConfig.Tower tower) {
            int width = tower.hiddenSize();
            Weights attention = weights.at("self_attn");
            heads = tower.numAttentionHeads();
            norm1 = norm(weights.at("layer_norm1"), tower);
            toQuery = Linear.of(attention.at("q_proj"), width, width);
            toKey = Linear.of(attention.at("k_proj"), width, width);
            toValue = Linear.of(attention.at("v_proj"), width, width);
            toOut = Linear.of(attention.at("out_proj"), width, width);
            norm2 = norm(weights.at("layer_norm2"), tower);
            fc1 = Linear.of(weights.at("mlp").at("fc1"), width, tower.intermediateSize());
            activation = tower.hiddenAct();
            fc2 = Linear.of(weights.at("mlp").at("fc2"), tower.intermediateSize(), width);
        }

        Tensor forward(Tensor x, @Nullable Tensor mask) {
            Tensor attended = x.add(attention(norm1.forward(x), mask));
            return attended.add(fc2.forward(activation.of(fc1.forward(norm2.forward(attended)))));
        }

        private Tensor attention(Tensor x, @Nullable Tensor mask) {
            Tensor query = split(toQuery.forward(x)); // [B, heads, T, headWidth]
            double scale = 1 / Math.sqrt(query.size(-1));
            Tensor mixed = Ops.attention(query, split(toKey.forward(x)), split(toValue.forward(x)), mask, scale);
            return toOut.forward(mixed.transpose(1, 2).flatten(2, 3)); // [B, T, width]
        }

        private Tensor split(Tensor x) {
            return x.unflatten(-1, heads, -1).transpose(1, 2);
        }
    }
}
