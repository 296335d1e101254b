package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What a checkpoint says of one tensor.
 *
 * @param dtype stored element type
 * @param stated how the file calls that type, which tells more where it is {@link DType#OTHER}
 * @param shape dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(DType dtype, String stated, List<Long> shape) {
    /** libtorch counts dimensions in a word of so many bits. */
    static final int MOST_DIMENSIONS = 64;

    public TensorInfo {
        if (shape.size() > MOST_DIMENSIONS) {
            throw new InvalidInputException(
                    "a tensor of " + shape.size() + " dimensions, expected at most " + MOST_DIMENSIONS);
        }
        shape = List.copyOf(shape);
        if (shape.stream().anyMatch(d -> d < 0)) {
            throw new IllegalArgumentException("shape " + shape + " has a negative dimension");
        }
    }

    /** A tensor of a type that is known. */
    public TensorInfo(DType dtype, List<Long> shape) {
        this(dtype, dtype.tag(), shape);
    }

    /** The dtype and shape of {@code tensor}. */
    public static TensorInfo of(Tensor tensor) {
        return new TensorInfo(
                DType.of(tensor), Arrays.stream(Ops.shape(tensor)).boxed().toList());
    }

    /** The shape as an array, outermost first. */
    public long[] dimensions() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Number of elements.
     *
     * @throws ArithmeticException when the shape multiplies to more than 64 bits
     */
    public long elements() {
        long steps = steps();
        return shape.contains(0L) ? 0 : steps;
    }

    /** Bytes the values take when stored contiguously; {@link ArithmeticException} as {@link #elements}. */
    public long bytes() {
        long bytes = Math.multiplyExact(steps(), dtype.bytes());
        return shape.contains(0L) ? 0 : bytes;
    }

    /** The product of all dimensions but zeros, which make no steps smaller: libtorch multiplies all others even so. */
    private long steps() {
        long n = 1;
        for (long d : shape) {
            n = Math.multiplyExact(n, Math.max(d, 1));
        }
        return n;
    }

    @Override
    public String toString() {
        return stated + shape;
    }
}
