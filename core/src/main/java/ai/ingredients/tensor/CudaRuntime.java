package ai.ingredients.tensor;

import ai.ingredients.OperationFailedException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The few functions of NVIDIA's runtime library that libtorch's Java classes lack: events, and copies on a stream. Streams
 * and events are handles as C has them, 0 is the default stream. Everything is done on one device, whatever the calling
 * thread's is. Thread-safe.
 */
final class CudaRuntime {
    /** As libtorch's own CUDA libraries load it; the process has one. */
    private static final List<String> NAMES = List.of("libcudart.so.13", "libcudart.so.12", "cudart64_13.dll");

    private static final int NON_BLOCKING = 1; // cudaStreamNonBlocking: not ordered with the default stream
    private static final int WITHOUT_TIMING = 2; // cudaEventDisableTiming
    private static final int HOST_TO_DEVICE = 1;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong HANDLE = ValueLayout.JAVA_LONG; // a pointer that is only handed on

    private final SymbolLookup library;
    private final int device;
    private final Map<String, MethodHandle> functions = new ConcurrentHashMap<>();

    /** @param device that everything is done on */
    CudaRuntime(SymbolLookup library, int device) {
        this.library = library;
        this.device = device;
    }

    /**
     * The library that libtorch computes with.
     *
     * @throws OperationFailedException when there is none
     */
    static CudaRuntime ofProcess(int device) {
        for (String name : NAMES) {
            try {
                return new CudaRuntime(SymbolLookup.libraryLookup(name, Arena.global()), device);
            } catch (IllegalArgumentException e) {
                continue; // another system's or release's
            }
        }
        throw new OperationFailedException(
                "blocks cannot be streamed to device cuda:" + device + ": none of " + String.join(", ", NAMES)
                        + " was found; use `memory` model, or put CUDA's runtime on the library path");
    }

    /** A new stream. */
    long stream() {
        return made("cudaStreamCreateWithFlags", NON_BLOCKING);
    }

    /** Waits for what is queued there, and frees it. */
    void closeStream(long stream) {
        call("cudaStreamSynchronize", stream);
        call("cudaStreamDestroy", stream);
    }

    /** A new event, reached when what is queued on {@code stream} now is done. */
    long record(long stream) {
        long event = made("cudaEventCreateWithFlags", WITHOUT_TIMING);
        call("cudaEventRecord", event, stream);
        return event;
    }

    /** What is queued on {@code stream} from now on waits for {@code event}; the program does not. */
    void wait(long stream, long event) {
        call("cudaStreamWaitEvent", stream, event, 0);
    }

    /** The program waits for {@code event}. */
    void synchronize(long event) {
        call("cudaEventSynchronize", event);
    }

    /** Frees {@code event}; what waits for it goes on waiting. */
    void closeEvent(long event) {
        call("cudaEventDestroy", event);
    }

    /** Queues a copy of {@code bytes} bytes from page-locked memory. */
    void copyToDevice(long to, long from, long bytes, long stream) {
        call("cudaMemcpyAsync", to, from, bytes, HOST_TO_DEVICE, stream);
    }

    /** A handle that {@code name} writes to its first argument. */
    private long made(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(HANDLE);
            call(name, handle, flags);
            return handle.get(HANDLE, 0);
        }
    }

    /** Calls {@code name} on the device; the thread's own is as before afterwards. */
    private void call(String name, Object... arguments) {
        int before;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment current = arena.allocate(INT);
            invoke("cudaGetDevice", current);
            before = current.get(INT, 0);
        }
        if (before != device) {
            invoke("cudaSetDevice", device);
        }
        try {
            invoke(name, arguments);
        } finally {
            if (before != device) {
                invoke("cudaSetDevice", before);
            }
        }
    }

    private void invoke(String name, Object... arguments) {
        MethodHandle function = functions.computeIfAbsent(name, one -> function(one, arguments));
        int status;
        try {
            status = (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(name + " was found but could not be called", e);
        }
        if (status != 0) {
            throw new OperationFailedException(String.format(
                    Locale.ROOT, "%s on device cuda:%d ended with CUDA's error %d", name, device, status));
        }
    }

    private MethodHandle function(String name, Object... arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = switch (arguments[i]) {
                case Integer _ -> INT;
                case Long _ -> HANDLE;
                default -> ValueLayout.ADDRESS;
            };
        }
        MemorySegment address = library.find(name)
                .orElseThrow(() -> new OperationFailedException(
                        "CUDA's runtime has no " + name + "; its release does not fit this libtorch"));
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(INT, layouts));
    }
}
