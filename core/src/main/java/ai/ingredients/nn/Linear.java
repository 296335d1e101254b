package ai.ingredients.nn;

import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = x · Wᵀ + b}, as {@code torch.nn.Linear}.
 *
 * @param weight [out, in]
 * @param bias [out], or none
 */
public record Linear(Tensor weight, @Nullable Tensor bias) {
    /** With bias: {@code weight} and {@code bias} of {@code weights}' scope. */
    public static Linear of(Weights weights, long in, long out) {
        return new Linear(weights.tensor("weight", out, in), weights.tensor("bias", out));
    }

    /** Without bias: {@code weight} of {@code weights}' scope. */
    public static Linear withoutBias(Weights weights, long in, long out) {
        return new Linear(weights.tensor("weight", out, in), null);
    }

    /** [..., in] → [..., out]. */
    public Tensor forward(Tensor x) {
        return Ops.linear(x, weight, bias);
    }
}
