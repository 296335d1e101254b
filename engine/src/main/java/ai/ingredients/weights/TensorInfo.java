package ai.ingredients.weights;

import ai.ingredients.tensor.DType;
import java.util.List;

/**
 * What a checkpoint says of one tensor.
 *
 * @param dtype stored element type
 * @param shape dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(DType dtype, List<Long> shape) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** Number of elements. */
    public long elements() {
        long n = 1;
        for (long d : shape) {
            n = Math.multiplyExact(n, d);
        }
        return n;
    }

    /** Bytes the values take in the file. */
    public long bytes() {
        return Math.multiplyExact(elements(), dtype.bytes());
    }

    @Override
    public String toString() {
        return dtype.tag() + shape;
    }
}
