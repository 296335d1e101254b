package ai.ingredients.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;

/**
 * The size of a T5 encoder: the keys of {@code text_encoder/config.json} that change what it computes.
 *
 * @param vocabSize rows of the embedding; at least the tokenizer's ids
 * @param dModel width of the hidden states
 * @param dKv width of one attention head
 * @param dFf width inside the feed-forward layer
 * @param numHeads attention heads; their joint width {@code dKv · numHeads} may differ from {@code dModel}
 * @param numLayers blocks of the encoder
 * @param relativeAttentionNumBuckets distances the position bias tells apart, half of them for each direction
 * @param relativeAttentionMaxDistance tokens from which on all distances count as equal
 * @param layerNormEpsilon added to the mean square
 * @param feedForwardProj {@code gated-gelu}, the one kind T5 v1.1 has
 */
public record T5Config(
        long vocabSize,
        long dModel,
        long dKv,
        long dFf,
        long numHeads,
        long numLayers,
        long relativeAttentionNumBuckets,
        long relativeAttentionMaxDistance,
        double layerNormEpsilon,
        String feedForwardProj) {
    private static final String GATED_GELU = "gated-gelu";

    public T5Config {
        positive("vocab_size", vocabSize);
        positive("d_model", dModel);
        positive("d_kv", dKv);
        positive("d_ff", dFf);
        positive("num_heads", numHeads);
        positive("num_layers", numLayers);
        if (relativeAttentionNumBuckets < 4 || relativeAttentionNumBuckets % 4 != 0) {
            throw new InvalidInputException("relative_attention_num_buckets is " + relativeAttentionNumBuckets
                    + "; it must be a positive multiple of 4");
        }
        if (relativeAttentionMaxDistance <= relativeAttentionNumBuckets / 4) {
            throw new InvalidInputException("relative_attention_max_distance is " + relativeAttentionMaxDistance
                    + "; it must exceed a quarter of the " + relativeAttentionNumBuckets + " buckets");
        }
        if (!(layerNormEpsilon >= 0 && layerNormEpsilon < 1)) {
            throw new InvalidInputException(
                    "layer_norm_epsilon is " + layerNormEpsilon + "; it must be in [0, 1), usually 1e-6");
        }
        if (!feedForwardProj.equals(GATED_GELU)) {
            throw new InvalidInputException("feed_forward_proj is \"" + feedForwardProj
                    + "\"; the text encoder must be T5 v1.1, whose layers are \"" + GATED_GELU + "\"");
        }
    }

    /** The text encoder of every CogVideoX and Ingredients release: the encoder half of {@code t5-v1_1-xxl}. */
    public static T5Config xxl() {
        return new T5Config(32128, 4096, 64, 10240, 64, 24, 32, 128, 1e-6, GATED_GELU);
    }

    /**
     * Reads {@code text_encoder/config.json}.
     *
     * @throws InvalidInputException when a key is missing or a value makes no T5 v1.1 encoder
     */
    public static T5Config of(ConfigReader config) {
        return config.build(() -> new T5Config(
                config.integer("vocab_size"),
                config.integer("d_model"),
                config.integer("d_kv"),
                config.integer("d_ff"),
                config.integer("num_heads"),
                config.integer("num_layers"),
                config.integer("relative_attention_num_buckets", 32),
                config.integer("relative_attention_max_distance", 128),
                config.number("layer_norm_epsilon", 1e-6),
                config.text("feed_forward_proj", "relu"))); // the default of T5 before v1.1
    }

    private static void positive(String key, long value) {
        Sizes.check(key, value);
    }
}
