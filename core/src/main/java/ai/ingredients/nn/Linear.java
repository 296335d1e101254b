package ai.ingredients.nn;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.LowRankTerm;
import ai.ingredients.weights.Matrix;
import ai.ingredients.weights.Weights;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = x · Wᵀ + b}, as {@code torch.nn.Linear}.
 *
 * <p>A weight that is kept in 8 bits is multiplied out for each use and freed after it, one layer at a time: against the
 * thousands of tokens of a video that is nothing, and libtorch's product by 8-bit weights, made for a few tokens, takes
 * several times as long.
 *
 * @param weight [out, in]
 * @param bias [out], or none
 * @param beside low-rank terms of W that are not in {@code weight}
 */
public record Linear(Matrix weight, @Nullable Tensor bias, List<LowRankTerm> beside) {
    /** Of a weight that is whole. */
    public Linear(Tensor weight, @Nullable Tensor bias) {
        this(new Matrix(weight), bias, List.of());
    }

    /** With bias: {@code weight} and {@code bias} of {@code weights}' scope. */
    public static Linear of(Weights weights, long in, long out) {
        return new Linear(weights.matrix("weight", out, in), weights.tensor("bias", out), weights.beside("weight"));
    }

    /** Without bias: {@code weight} of {@code weights}' scope. */
    public static Linear withoutBias(Weights weights, long in, long out) {
        return new Linear(weights.matrix("weight", out, in), null, weights.beside("weight"));
    }

    /** [..., in] → [..., out]. */
    public Tensor forward(Tensor x) {
        Tensor y = weight.quantised()
                ? Scope.of(() -> Ops.linear(x, weight.whole(), bias))
                : Ops.linear(x, weight.values(), bias);
        for (LowRankTerm term : beside) {
            y = y.add_(term.forward(x)); // nobody else has seen it
        }
        return y;
    }

    /** The whole W [out, in], multiplied out where it is not. */
    public Tensor matrix() {
        Tensor whole = weight.whole();
        for (LowRankTerm term : beside) {
            whole = whole.add(term.product());
        }
        return whole;
    }
}
