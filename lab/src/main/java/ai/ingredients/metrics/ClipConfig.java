package ai.ingredients.metrics;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sizes of a CLIP model: the keys of Hugging Face's {@code config.json} for {@code CLIPModel} that change what it
 * computes. Keys that are absent have the values of the class, which are those of {@code clip-vit-base-patch32}.
 *
 * @param projectionDim width of the space that pictures and texts share
 * @param text {@code text_config}
 * @param vision {@code vision_config}
 */
record ClipConfig(int projectionDim, Text text, Vision vision) {
    /** The {@code eos_token_id} of configs written before it was right; the end is then the largest id of the text. */
    static final int LEGACY_EOS = 2;

    private static final int CHANNELS = 3;

    ClipConfig {
        positive("projection_dim", projectionDim);
    }

    /** Between the two linears of a layer. */
    enum Activation {
        /** x · σ(1.702 x): OpenAI's weights. */
        QUICK_GELU,
        /** x · Φ(x). */
        GELU;

        Tensor of(Tensor x) {
            return this == GELU ? torch.gelu(x) : x.mul(Ops.scale(x, 1.702).sigmoid());
        }
    }

    /**
     * What both towers have.
     *
     * @param hiddenSize width of the tokens, a multiple of {@code numAttentionHeads}
     * @param intermediateSize width inside the feed-forward layer
     * @param numHiddenLayers transformer layers
     * @param numAttentionHeads attention heads
     * @param hiddenAct activation of the feed-forward layer
     * @param layerNormEps added to the variance
     */
    record Tower(
            int hiddenSize,
            int intermediateSize,
            int numHiddenLayers,
            int numAttentionHeads,
            Activation hiddenAct,
            double layerNormEps) {
        Tower {
            positive("intermediate_size", intermediateSize);
            positive("num_hidden_layers", numHiddenLayers);
            positive("num_attention_heads", numAttentionHeads);
            positive("hidden_size", hiddenSize);
            if (hiddenSize % numAttentionHeads != 0) {
                throw new InvalidInputException("hidden_size is " + hiddenSize
                        + "; it must be a positive multiple of num_attention_heads, " + numAttentionHeads);
            }
            if (!(layerNormEps >= 0 && layerNormEps < 1)) {
                throw new InvalidInputException(
                        "layer_norm_eps is " + layerNormEps + "; it must be in [0, 1), usually 1e-5");
            }
        }

        private static Tower of(ConfigReader config, Tower fallback) {
            return new Tower(
                    config.integer("hidden_size", fallback.hiddenSize),
                    config.integer("intermediate_size", fallback.intermediateSize),
                    config.integer("num_hidden_layers", fallback.numHiddenLayers),
                    config.integer("num_attention_heads", fallback.numAttentionHeads),
                    config.choice("hidden_act", fallback.hiddenAct),
                    config.number("layer_norm_eps", fallback.layerNormEps));
        }
    }

    /**
     * The text tower.
     *
     * @param vocabSize rows of the token embedding
     * @param maxPositionEmbeddings the longest text, in tokens
     * @param eosTokenId the token whose last state is the text's, or {@link #LEGACY_EOS}
     */
    record Text(Tower tower, int vocabSize, int maxPositionEmbeddings, int eosTokenId) {
        Text {
            positive("vocab_size", vocabSize);
            positive("max_position_embeddings", maxPositionEmbeddings);
            if (maxPositionEmbeddings < 2) {
                throw new InvalidInputException("max_position_embeddings is " + maxPositionEmbeddings
                        + "; it must be at least 2, for the start and the end of a text");
            }
        }

        private static Text of(ConfigReader config, Text fallback) {
            return config.build(() -> new Text(
                    Tower.of(config, fallback.tower),
                    config.integer("vocab_size", fallback.vocabSize),
                    config.integer("max_position_embeddings", fallback.maxPositionEmbeddings),
                    config.integer("eos_token_id", fallback.eosTokenId)));
        }

        /** Where in {@code ids} the state is that stands for the whole text. */
        int endOf(long[] ids) {
            int end = 0;
            for (int i = 0; i < ids.length; i++) {
                if (eosTokenId != LEGACY_EOS && ids[i] == eosTokenId) {
                    return i;
                }
                if (eosTokenId == LEGACY_EOS && ids[i] > ids[end]) {
                    end = i;
                }
            }
            return end;
        }
    }

    /**
     * The image tower.
     *
     * @param imageSize side of the square input, pixels
     * @param patchSize side of a patch, pixels
     */
    record Vision(Tower tower, int imageSize, int patchSize) {
        Vision {
            positive("patch_size", patchSize);
            Sizes.check("image_size", imageSize, Sizes.LONGEST_SIDE);
            if (imageSize < patchSize) {
                throw new InvalidInputException(
                        "image_size is " + imageSize + "; expected at least one patch of " + patchSize);
            }
        }

        private static Vision of(ConfigReader config, Vision fallback) {
            return config.build(() -> {
                int channels = config.integer("num_channels", CHANNELS);
                if (channels != CHANNELS) {
                    throw new InvalidInputException("num_channels is " + channels + "; pictures have 3");
                }
                return new Vision(
                        Tower.of(config, fallback.tower),
                        config.integer("image_size", fallback.imageSize),
                        config.integer("patch_size", fallback.patchSize));
            });
        }

        /** Tokens of one picture: the class token and the patches. */
        int tokens() {
            int grid = imageSize / patchSize;
            return grid * grid + 1;
        }
    }

    /** {@code openai/clip-vit-base-patch32}. */
    static ClipConfig vitBasePatch32() {
        return new ClipConfig(
                512,
                new Text(new Tower(512, 2048, 12, 8, Activation.QUICK_GELU, 1e-5), 49408, 77, 49407),
                new Vision(new Tower(768, 3072, 12, 12, Activation.QUICK_GELU, 1e-5), 224, 32));
    }

    /**
     * Reads {@code config.json} at {@code file}.
     *
     * @throws InvalidInputException when it is unreadable or describes no CLIP model
     */
    static ClipConfig read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        String type = config.text("model_type", "clip");
        if (!type.equals("clip")) {
            throw new InvalidInputException(config.source() + ": model_type is \"" + type
                    + "\"; the CLIP score needs \"clip\", for instance openai/clip-vit-base-patch32");
        }
        ClipConfig fallback = vitBasePatch32();
        return config.build(() -> new ClipConfig(
                config.integer("projection_dim", fallback.projectionDim),
                Text.of(section(config, "text_config"), fallback.text),
                Vision.of(section(config, "vision_config"), fallback.vision)));
    }

    /** The tower's settings; where an old config has them twice, those under {@code <name>_dict} count alone. */
    private static ConfigReader section(ConfigReader config, String name) {
        if (config.has(name + "_dict")) {
            return config.section(name + "_dict");
        }
        return config.has(name)
                ? config.section(name)
                : new ConfigReader(JsonNodeFactory.instance.objectNode(), config.source());
    }

    private static void positive(String key, int value) {
        Sizes.check(key, value);
    }
}
