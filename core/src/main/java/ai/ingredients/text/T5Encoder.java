package ai.ingredients.text;

import ai.ingredients.nn.Blocks;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The T5 v1.1 encoder: token ids to one vector per token.
 *
 * <p>Pre-norm blocks of self-attention and a gated feed-forward layer, without biases. Positions enter only as a
 * learned bias on the attention scores, which depends on the distance of two tokens; the first block owns its table and
 * all blocks use it. Scores are not divided by √d. There is no attention mask: the padding of a short prompt takes part, as
 * in the official pipeline, and published checkpoints rely on it.
 *
 * <p>In fp16 the output projections {@code wo} stay in fp32, and with them the residual stream, because their sums
 * overflow; in bf16 everything is bf16.
 *
 * <p>The encoder borrows its tensors from {@link Weights}, which must stay open. Thread-safe. Differentiable.
 *
 * <p>Source: <em>Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer</em>, arXiv
 * 1910.10683; state-dict names of transformers' {@code T5EncoderModel}.
 */
public final class T5Encoder {
    private static final double LARGEST_FP16 = 65504;

    private final T5Config config;
    private final Compute compute;
    private final Tensor shared; // [vocab, d]
    private final Tensor positionBias; // [buckets, heads]
    private final Blocks<Block> blocks;
    private final RmsNorm finalLayerNorm;

    /**
     * Takes the encoder's parameters from {@code weights}; call {@link Weights#verify} afterwards.
     *
     * @param weights the root of the text encoder's checkpoint
     * @param residency whether all blocks stay loaded
     */
    public T5Encoder(T5Config config, Weights weights, Residency residency) {
        this.config = config;
        this.compute = weights.compute();
        Weights encoder = weights.at("encoder");
        shared = embedding(config, weights, encoder);
        positionBias = encoder.tensor(
                "block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                config.relativeAttentionNumBuckets(),
                config.numHeads());
        blocks = new Blocks<>(
                encoder.at("block"),
                Math.toIntExact(config.numLayers()),
                residency,
                block -> Block.of(block.at("layer"), config));
        finalLayerNorm = RmsNorm.of(encoder.at("final_layer_norm"), config);
    }

    /** The embedding is saved as {@code shared.weight}, as {@code encoder.embed_tokens.weight} or, tied, as both. */
    private static Tensor embedding(T5Config config, Weights weights, Weights encoder) {
        String tied = "embed_tokens.weight";
        if (!weights.has("shared.weight") && encoder.has(tied)) {
            return encoder.tensor(tied, config.vocabSize(), config.dModel());
        }
        if (encoder.has(tied)) {
            encoder.ignore(tied);
        }
        return weights.tensor("shared.weight", config.vocabSize(), config.dModel());
    }

    /** The embedding table [vocab, d] of a checkpoint, wherever it is saved; none when there is none. */
    public static @Nullable Tensor table(TensorStore checkpoint) {
        for (String name : List.of("shared.weight", "encoder.embed_tokens.weight")) {
            if (checkpoint.has(name)) {
                return checkpoint.get(name);
            }
        }
        return null;
    }

    /** The embedding table [vocab, d], borrowed. */
    public Tensor table() {
        return shared;
    }

    /** The sizes this encoder was built with. */
    public T5Config config() {
        return config;
    }

    /**
     * Encodes token ids.
     *
     * @param ids [B, T] int64, each below {@code vocab_size}
     * @return [B, T, d_model] in the dtype and on the device of the weights
     */
    public Tensor forward(Tensor ids) {
        return Scope.of(() -> encode(embed(ids)));
    }

    /** Looks token ids up: [B, T] int64 → [B, T, d_model]. */
    public Tensor embed(Tensor ids) {
        return torch.embedding(shared, ids.to(compute.nativeDevice(), ScalarType.Long));
    }

    /** Encodes embeddings that need not be in the table, as textual inversion learns them; [B, T, d] → [B, T, d]. */
    public Tensor encode(Tensor embeddings) {
        return Scope.of(() -> {
            Tensor bias = positionBias(embeddings.size(1));
            Tensor hiddenStates = embeddings; // [B, T, d]
            for (int i = 0; i < blocks.count(); i++) {
                Tensor input = hiddenStates;
                hiddenStates = blocks.with(i, block -> Scope.of(() -> block.forward(input, bias)));
            }
            return finalLayerNorm.forward(hiddenStates);
        });
    }

    /** The bias on attention scores for a text of {@code tokens}: [1, heads, T, T] by (query, key). */
    private Tensor positionBias(long tokens) {
        Tensor position = torch.arange(new Scalar(tokens), new Compute(compute.device(), DType.FP32).options());
        Tensor distance = position.unsqueeze(0).sub(position.unsqueeze(1)); // [T, T], key − query
        Tensor values = torch.embedding(positionBias, bucket(distance)); // [T, T, heads]
        return values.permute(2, 0, 1).unsqueeze(0);
    }

    /**
     * Which bias a distance gets. Half the buckets serve keys after the query. Of each half, the first half counts
     * distances one by one and the second spreads logarithmically up to the largest distance, in fp32 like the official
     * implementation, where rounding decides at the borders.
     */
    private Tensor bucket(Tensor distance) {
        long half = config.relativeAttentionNumBuckets() / 2;
        long exact = half / 2;
        double octaves = Math.log((double) config.relativeAttentionMaxDistance() / exact);
        Tensor length = distance.abs();
        Tensor spread = length.div(new Scalar(exact))
                .log()
                .div(new Scalar(octaves))
                .mul(new Scalar(half - exact))
                .clamp_min(new Scalar(0)) // short distances, whose logarithm may be −∞, do not use it
                .to(ScalarType.Long)
                .add(new Scalar(exact))
                .clamp_max(new Scalar(half - 1));
        Tensor within = torch.where(length.lt(new Scalar(exact)), length.to(ScalarType.Long), spread);
        Tensor after = distance.gt(new Scalar(0)).to(ScalarType.Long);
        return within.add(after.mul(new Scalar(half)));
    }

    /** Self-attention, then feed-forward, each on the normalised input and added to it. */
    private record Block(RmsNorm attentionNorm, Attention attention, RmsNorm feedForwardNorm, FeedForward feedForward) {
        static Block of(Weights weights, T5Config config) {
            return new Block(
                    RmsNorm.of(weights.at("0.layer_norm"), config),
                    Attention.of(weights.at("0.SelfAttention"), config),
                    RmsNorm.of(weights.at("1.layer_norm"), config),
                    FeedForward.of(weights.at("1.DenseReluDense"), config));
        }

        /** [B, T, d], [1, heads, T, T] → [B, T, d]. */
        Tensor forward(Tensor x, Tensor bias) {
            Tensor attended = withoutInfinity(x.add(attention.forward(attentionNorm.forward(x), bias)));
            return withoutInfinity(attended.add(feedForward.forward(feedForwardNorm.forward(attended))));
        }

        /** fp16 sums that overflowed come back into range, a little below the largest number; others are untouched. */
        private static Tensor withoutInfinity(Tensor x) {
            if (DType.of(x) != DType.FP16 || !Transfers.truth(x.isinf().any())) {
                return x;
            }
            double bound = LARGEST_FP16 - 1000;
            return x.clamp(new ScalarOptional(new Scalar(-bound)), new ScalarOptional(new Scalar(bound)));
        }
    }

    /** Multi-head self-attention with a position bias instead of a scale. */
    private record Attention(Linear q, Linear k, Linear v, Linear o, long heads) {
        static Attention of(Weights weights, T5Config config) {
            long inner = config.numHeads() * config.dKv();
            return new Attention(
                    Linear.withoutBias(weights.at("q"), config.dModel(), inner),
                    Linear.withoutBias(weights.at("k"), config.dModel(), inner),
                    Linear.withoutBias(weights.at("v"), config.dModel(), inner),
                    Linear.withoutBias(weights.at("o"), inner, config.dModel()),
                    config.numHeads());
        }

        Tensor forward(Tensor x, Tensor bias) {
            Tensor mixed = Ops.attention(
                    split(q.forward(x)), split(k.forward(x)), split(v.forward(x)), bias, 1.0); // [B, heads, T, dKv]
            return o.forward(mixed.transpose(1, 2).flatten(2, 3)); // [B, T, heads·dKv] → [B, T, d]
        }

        /** [B, T, heads·dKv] → [B, heads, T, dKv]. */
        private Tensor split(Tensor x) {
            return x.unflatten(2, new long[] {heads, -1}).transpose(1, 2);
        }
    }

    /** {@code wo(gelu(wi_0 x) · wi_1 x)} with the tanh form of GELU. */
    private record FeedForward(Linear gate, Linear value, Linear out) {
        static FeedForward of(Weights weights, T5Config config) {
            Weights precise = weights.compute().dtype() == DType.FP16 ? weights.in(DType.FP32) : weights;
            return new FeedForward(
                    Linear.withoutBias(weights.at("wi_0"), config.dModel(), config.dFf()),
                    Linear.withoutBias(weights.at("wi_1"), config.dModel(), config.dFf()),
                    Linear.withoutBias(precise.at("wo"), config.dFf(), config.dModel()));
        }

        Tensor forward(Tensor x) {
            Tensor gated = torch.gelu(gate.forward(x), "tanh").mul(value.forward(x)); // [B, T, dFf]
            return out.forward(gated.to(out.weight().dtype().scalarType()));
        }
    }

    /** Division by the root mean square, taken in fp32, then a learned scale; the result has the scale's dtype. */
    private record RmsNorm(Tensor weight, double eps) {
        static RmsNorm of(Weights weights, T5Config config) {
            return new RmsNorm(weights.tensor("weight", config.dModel()), config.layerNormEpsilon());
        }

        Tensor forward(Tensor x) {
            Tensor wide = x.to(ScalarType.Float);
            Tensor meanSquare = wide.mul(wide).mean(new long[] {-1}, true, new ScalarTypeOptional());
            Tensor unit = wide.mul(Ops.plus(meanSquare, eps).rsqrt());
            return weight.mul(unit.to(weight.scalar_type()));
        }
    }
}
