package ai.ingredients.nn;

import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalisation over the last dimension, as {@code torch.nn.LayerNorm}.
 *
 * @param weight [dim], or none
 * @param bias [dim], or none
 * @param eps added to the variance
 */
public record LayerNorm(@Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    /** With scale and shift: {@code weight} and {@code bias} of {@code weights}' scope. */
    public static LayerNorm of(Weights weights, long dim, double eps) {
        return new LayerNorm(weights.tensor("weight", dim), weights.tensor("bias", dim), eps);
    }

    /** Normalisation alone, without learned scale and shift. */
    public static LayerNorm plain(double eps) {
        return new LayerNorm(null, null, eps);
    }

    /** [..., dim] → [..., dim]. */
    public Tensor forward(Tensor x) {
        return Ops.layerNorm(x, weight, bias, eps);
    }
}
