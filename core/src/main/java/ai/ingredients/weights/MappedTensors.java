package ai.ingredients.weights;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors that look at mapped memory instead of owning a copy. */
final class MappedTensors {
    private MappedTensors() {}

    /** A pointer at an address libtorch may read; it neither owns nor frees what it points to. */
    private static final class Address extends Pointer {
        Address(MemorySegment memory) {
            address = memory.address();
            limit = memory.byteSize();
            capacity = memory.byteSize();
        }
    }

    /** A contiguous tensor over {@code memory}, as {@link #view(MemorySegment, DType, long[], long[])}. */
    static Tensor view(MemorySegment memory, TensorInfo info) {
        long[] shape = info.dimensions();
        long[] strides = new long[shape.length];
        long step = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= shape[i];
        }
        return view(memory, info.dtype(), shape, strides);
    }

    /**
     * A tensor over {@code memory}, valid while its arena lives. Values that are not aligned to their element size are
     * copied, since libtorch's kernels assume alignment.
     *
     * @param memory exactly the bytes between the first and the last element
     * @param strides steps in elements
     */
    static Tensor view(MemorySegment memory, DType dtype, long[] shape, long[] strides) {
        if (!memory.scope().isAlive()) {
            throw new IllegalStateException("the checkpoint was closed before this tensor was read");
        }
        try (Scope scope = Scope.open()) {
            TensorOptions options = new TensorOptions(dtype.scalarType());
            if (memory.byteSize() == 0) {
                return scope.keep(torch.zeros(shape, options));
            }
            Address address = new Address(memory);
            if (memory.address() % dtype.bytes() == 0) {
                return scope.keep(torch.from_blob(address, shape, strides, options));
            }
            TensorOptions bytes = new TensorOptions(ScalarType.Byte);
            Tensor copy = torch.from_blob(address, new long[] {memory.byteSize()}, bytes)
                    .clone();
            return scope.keep(copy.view(dtype.scalarType()).as_strided(shape, strides));
        }
    }
}
