package ai.ingredients.weights;

import ai.ingredients.tensor.Ops;
import org.bytedeco.pytorch.Tensor;

/**
 * What is added to a matrix W [out, in] as two thin ones, W + up · down, without being multiplied out.
 *
 * @param down [rank, in]
 * @param up [out, rank], which holds all factors
 */
public record LowRankTerm(Tensor down, Tensor up) {
    /** What it adds to W · x: [..., in] → [..., out]. */
    public Tensor forward(Tensor x) {
        return Ops.linear(Ops.linear(x, down, null), up, null);
    }

    /** Multiplied out: [out, in]. */
    public Tensor product() {
        return up.mm(down);
    }

    void close() {
        down.close();
        up.close();
    }
}
