package ai.ingredients.weights;

import ai.ingredients.tensor.Natives;
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
        Address(long at, long length) {
            address = at;
            limit = length;
            capacity = length;
        }
    }

    /**
     * A tensor over {@code memory}, valid while its arena lives. Values that are not aligned to their element size are
     * copied, since libtorch's kernels assume alignment.
     */
    static Tensor view(MemorySegment memory, TensorInfo info) {
        Natives.load();
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        TensorOptions options = new TensorOptions(info.dtype().scalarType());
        if (memory.byteSize() == 0) {
            return torch.zeros(shape, options);
        }
        Address address = new Address(memory.address(), memory.byteSize());
        if (memory.address() % info.dtype().bytes() == 0) {
            return torch.from_blob(address, shape, options);
        }
        Tensor bytes = torch.from_blob(address, new long[] {memory.byteSize()}, new TensorOptions(ScalarType.Byte));
        return bytes.clone().view(info.dtype().scalarType()).reshape(shape);
    }
}
