package ai.ingredients.nn;

import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.LowRankTerm;
import ai.ingredients.weights.Weights;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = x · Wᵀ + b}, as {@code torch.nn.Linear}.
 *
 * @param weight [out, in]
 * @param bias [out], or none
 * @param beside low-rank terms of W that are not in {@code weight}
 */
public record Linear(Tensor weight, @Nullable Tensor bias, List<LowRankTerm> beside) {
    /** Of a weight that is whole. */
    public Linear(Tensor weight, @Nullable Tensor bias) {
        this(weight, bias, List.of());
    }

    /** With bias: {@code weight} and {@code bias} of {@code weights}' scope. */
    public static Linear of(Weights weights, long in, long out) {
        return new Linear(weights.tensor("weight", out, in), weights.tensor("bias", out), weights.beside("weight"));
    }

    /** Without bias: {@code weight} of {@code weights}' scope. */
    public static Linear withoutBias(Weights weights, long in, long out) {
        return new Linear(weights.tensor("weight", out, in), null, weights.beside("weight"));
    }

    /** [..., in] → [..., out]. */
    public Tensor forward(Tensor x) {
        Tensor y = Ops.linear(x, weight, bias);
        for (LowRankTerm term : beside) {
            y = y.add_(term.forward(x)); // nobody else has seen it
        }
        return y;
    }

    /** The whole W [out, in], multiplied out where it is not. */
    public Tensor matrix() {
        Tensor whole = weight;
        for (LowRankTerm term : beside) {
            whole = whole.add(term.product());
        }
        return whole;
    }
}
