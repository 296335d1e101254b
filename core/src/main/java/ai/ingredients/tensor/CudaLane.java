package ai.ingredients.tensor;

import java.util.function.LongSupplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Copies on a stream of its own, beside the one that libtorch computes on; marks are CUDA's events. Memory of the device is
 * libtorch's: asked for and given back by the thread that computes, so that its allocator's order is the order of that
 * stream, and a copy into it waits for that point.
 */
final class CudaLane implements CopyLane {
    private final CudaRuntime cuda;
    private final LongSupplier computing;
    private final long stream;

    /** An event's handle. */
    private record Event(long handle) implements Mark {}

    /** @param computing the calling thread's stream */
    CudaLane(CudaRuntime cuda, LongSupplier computing) {
        this.cuda = cuda;
        this.computing = computing;
        stream = cuda.stream();
    }

    static CudaLane open(int device) {
        Natives.load();
        return new CudaLane(CudaRuntime.ofProcess(device), () -> current(device));
    }

    private static long current(int device) {
        try (PointerScope scope = new PointerScope()) {
            Pointer handle = torch.getCurrentStream((byte) device).native_handle();
            return handle == null ? 0 : handle.address();
        }
    }

    @Override
    public Tensor staging(long bytes) {
        TensorOptions locked = new TensorOptions(ScalarType.Byte).pinned_memory(new BoolOptional(true));
        return torch.empty(new long[] {bytes}, locked, new MemoryFormatOptional());
    }

    @Override
    public Mark computed() {
        return new Event(cuda.record(computing.getAsLong()));
    }

    @Override
    public Mark copy(Tensor from, Tensor to, Mark after) {
        long reached = ((Event) after).handle;
        cuda.wait(stream, reached);
        cuda.closeEvent(reached);
        cuda.copyToDevice(
                to.data_ptr().address(), from.data_ptr().address(), from.numel() * from.element_size(), stream);
        return new Event(cuda.record(stream));
    }

    @Override
    public void await(Mark copied) {
        cuda.wait(computing.getAsLong(), ((Event) copied).handle);
    }

    @Override
    public void join(Mark copied) {
        long reached = ((Event) copied).handle;
        cuda.synchronize(reached);
        cuda.closeEvent(reached);
    }

    @Override
    public void close() {
        cuda.closeStream(stream);
    }
}
