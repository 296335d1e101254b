package ai.ingredients.transformer;

import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;

/**
 * Decides which person owns which video token: logits of every token against one key per person. Paper section 3.2;
 * source: the official {@code MultiIPRouter}, with its query projection folded into the constant keys.
 */
final class IdentityRouter {
    private static final double NORM_EPS = 1e-5;

    private final LayerNorm norm1;
    private final LayerNorm norm2;
    private final Linear idMerge;
    private final Linear toQ;
    private final Linear toKv;

    IdentityRouter(Weights weights, long dim, IdentityConfig config) {
        norm1 = LayerNorm.of(weights.at("norm1"), config.lfeOutputDim(), NORM_EPS);
        norm2 = LayerNorm.of(weights.at("norm2"), dim, NORM_EPS);
        idMerge = Linear.withoutBias(weights.at("id_merge"), config.lfeNumQuerie(), 1);
        toQ = Linear.withoutBias(weights.at("to_q"), dim, config.routerDim());
        toKv = Linear.withoutBias(weights.at("to_kv"), config.lfeOutputDim(), config.routerDim());
    }

    /**
     * One key per person in the space of the video tokens: identity tokens [E, N, Q, identityDim] → [E, N, D].
     *
     * <p>(q W_q)(k)ᵀ = q (k W_q)ᵀ: D x N numbers replace a D x routerDim product per token and step.
     */
    Tensor keys(Tensor identityTokens) {
        Tensor merged =
                idMerge.forward(norm1.forward(identityTokens).transpose(-2, -1)).squeeze(-1); // [E, N, identityDim]
        return toKv.forward(merged).matmul(toQ.matrix());
    }

    /** Routing logits: video [B, V, D] and keys [1 or B, N, D] → [B, V, N]. */
    Tensor logits(Tensor keys, Tensor video) {
        Tensor normed = norm2.forward(video);
        return keys.size(0) == 1 ? normed.matmul(keys.select(0, 0).t()) : normed.bmm(keys.transpose(1, 2));
    }
}
