package ai.ingredients.transformer;

import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * One CogVideoX block: joint attention over text and video, then a feed-forward layer, both normalised, shifted, scaled
 * and gated by the timestep embedding, with separate shifts for text and video.
 *
 * <p>Source: diffusers {@code CogVideoXBlock}, {@code CogVideoXLayerNormZero}, {@code CogVideoXAttnProcessor2_0}.
 */
final class TransformerBlock {
    private final Modulation norm1;
    private final JointAttention attn1;
    private final Modulation norm2;
    private final FeedForward ff;

    TransformerBlock(Weights weights, TransformerConfig config) {
        norm1 = new Modulation(weights.at("norm1"), config);
        attn1 = new JointAttention(weights.at("attn1"), config);
        norm2 = new Modulation(weights.at("norm2"), config);
        ff = new FeedForward(weights.at("ff"), config);
    }

    /** The two streams of tokens: {@code video} [B, V, D] and {@code text} [B, T, D]. */
    record Streams(Tensor video, Tensor text) {}

    /** What {@link Modulation} makes: text and video normalised, joined [B, T+V, D], and gates [B, 1, D] for each. */
    record Modulated(Tensor joint, Tensor videoGate, Tensor textGate) {}

    /**
     * Intermediates die as soon as they were used: what lives at one time decides what fits.
     *
     * @param temb [B or 1, timeEmbedDim]
     * @param rotation complex factors [1, T+V, 1, headDim/2], or none for absolute position embeddings
     * @param heard which words are heard where; none for all of them everywhere
     */
    Streams forward(Streams x, Tensor temb, @Nullable Tensor rotation, @Nullable HeardWords heard) {
        Streams attended = half(x, temb, norm1, joint -> attn1.forward(joint, rotation, heard));
        return half(attended, temb, norm2, ff::forward);
    }

    /**
     * How much of their attention to the text the video's tokens give to each of its tokens, mean over heads:
     * [B, V, T], rows sum to 1. For {@code x} as it goes into {@link #forward}.
     */
    Tensor textAttention(Streams x, Tensor temb, @Nullable Tensor rotation) {
        return Scope.of(() -> attn1.toText(norm1.forward(x, temb).joint, x.text.size(1), rotation));
    }

    /** {@code x + gate · layer(norm(x))}, in both streams. */
    private static Streams half(Streams x, Tensor temb, Modulation norm, UnaryOperator<Tensor> layer) {
        try (Scope scope = Scope.open()) {
            Modulated normed = norm.forward(x, temb);
            Tensor joint = layer.apply(normed.joint); // [B, T+V, D]
            long textTokens = x.text.size(1);
            Tensor text = joint.narrow(1, 0, textTokens);
            Tensor video = joint.narrow(1, textTokens, joint.size(1) - textTokens);
            return new Streams(
                    scope.keep(torch.addcmul(x.video, normed.videoGate, video)),
                    scope.keep(torch.addcmul(x.text, normed.textGate, text)));
        }
    }

    /** Adaptive LayerNorm-zero: one linear layer of the timestep embedding gives shift, scale and gate per stream. */
    static final class Modulation {
        private final Linear linear;
        private final LayerNorm norm;

        Modulation(Weights weights, TransformerConfig config) {
            long dim = config.innerDim();
            linear = Linear.of(weights.at("linear"), config.timeEmbedDim(), 6 * dim);
            norm = config.norm(weights.at("norm"));
        }

        Modulated forward(Streams x, Tensor temb) {
            // [B, 6D] → six of [B, 1, D]
            Tensor[] m = Ops.chunk(linear.forward(torch.silu(temb)).unsqueeze(1), 6, 2);
            Tensor joint = Scope.of(() -> Ops.cat(1, shift(x.text, m[3], m[4]), shift(x.video, m[0], m[1])));
            return new Modulated(joint, m[2], m[5]);
        }

        private Tensor shift(Tensor x, Tensor shift, Tensor scale) {
            return torch.addcmul(shift, norm.forward(x), Ops.plus(scale, 1));
        }
    }

    /** Self-attention over the joint sequence, with per-head LayerNorm of queries and keys. */
    static final class JointAttention {
        /** Fixed in the reference, unlike the block's own normalisation. */
        private static final double QK_NORM_EPS = 1e-6;

        private final Linear toQ;
        private final Linear toK;
        private final Linear toV;
        private final Linear toOut;
        private final LayerNorm normQ;
        private final LayerNorm normK;
        private final long headDim;

        JointAttention(Weights weights, TransformerConfig config) {
            long dim = config.innerDim();
            headDim = config.attentionHeadDim();
            toQ = config.projection(weights.at("to_q"), dim, dim);
            toK = config.projection(weights.at("to_k"), dim, dim);
            toV = config.projection(weights.at("to_v"), dim, dim);
            toOut = Linear.of(weights.at("to_out").at(0), dim, dim);
            normQ = LayerNorm.of(weights.at("norm_q"), headDim, QK_NORM_EPS);
            normK = LayerNorm.of(weights.at("norm_k"), headDim, QK_NORM_EPS);
        }

        /** [B, T+V, D] → [B, T+V, D]. */
        Tensor forward(Tensor joint, @Nullable Tensor rotation, @Nullable HeardWords heard) {
            return Scope.of(() -> {
                Tensor mixed = Scope.of(() -> {
                    Tensor query = Scope.of(() -> turn(normQ.forward(heads(toQ.forward(joint))), rotation));
                    Tensor key = Scope.of(() -> turn(normK.forward(heads(toK.forward(joint))), rotation));
                    Tensor value = heads(toV.forward(joint));
                    return heard == null
                            ? Ops.attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2))
                            : heard.attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2));
                });
                return toOut.forward(mixed.transpose(1, 2).flatten(2, 3)); // [B, heads, T+V, headDim] → [B, T+V, D]
            });
        }

        /** [B, T+V, D] → [B, V, T]: shares of the {@code text} tokens, mean over heads. */
        Tensor toText(Tensor joint, long text, @Nullable Tensor rotation) {
            long video = joint.size(1) - text;
            Tensor query = turn(
                    normQ.forward(heads(toQ.forward(joint.narrow(1, text, video)))),
                    rotation == null ? null : rotation.narrow(1, text, video)); // [B, V, heads, headDim]
            Tensor key = turn(
                    normK.forward(heads(toK.forward(joint.narrow(1, 0, text)))),
                    rotation == null ? null : rotation.narrow(1, 0, text)); // [B, T, heads, headDim]
            Tensor scores = query.transpose(1, 2).matmul(key.permute(0, 2, 3, 1)); // [B, heads, V, T]
            return Ops.softmax(Ops.scale(scores.to(ScalarType.Float), 1 / Math.sqrt(headDim)), 3)
                    .mean(new long[] {1}, false, new ScalarTypeOptional());
        }

        /** [B, S, D] → [B, S, heads, headDim]. */
        private Tensor heads(Tensor x) {
            return x.unflatten(2, -1, headDim);
        }

        private static Tensor turn(Tensor x, @Nullable Tensor rotation) {
            return rotation == null ? x : RotaryEmbedding.rotate(x, rotation);
        }
    }

    /** Two linear layers with an activation between, four times as wide inside. */
    static final class FeedForward {
        private final Linear in;
        private final Linear out;
        private final TransformerConfig.Activation activation;

        FeedForward(Weights weights, TransformerConfig config) {
            long dim = config.innerDim();
            in = Linear.of(weights.at("net").at(0).at("proj"), dim, 4 * dim);
            out = Linear.of(weights.at("net").at(2), 4 * dim, dim);
            activation = config.activationFn();
        }

        Tensor forward(Tensor x) {
            return Scope.of(() -> out.forward(Scope.of(() -> activation.apply(in.forward(x)))));
        }
    }
}
