package ai.ingredients.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.OperationFailedException;
import ai.ingredients.tensor.CopyLane.Mark;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The calls of CUDA's runtime that {@link CudaLane} makes, by their C signatures, on a runtime that is written in Java. What a
 * device does with them is not tested here.
 */
class CudaLaneTest {
    private static final long COMPUTING = 77;
    private static final int DEVICE = 3;

    private final Arena arena = Arena.ofShared();
    private final Runtime runtime = new Runtime();

    @AfterEach
    void free() {
        arena.close();
    }

    /** cudart, as its header declares it: each returns 0 for success. */
    @SuppressWarnings("unused") // called by name
    private static final class Runtime {
        final List<String> told = new ArrayList<>();
        final Set<Long> events = new HashSet<>();
        final Set<Long> streams = new HashSet<>();
        int device;
        int status;
        long handles = 1000;

        int cudaGetDevice(MemorySegment out) {
            out.reinterpret(4).set(ValueLayout.JAVA_INT, 0, device);
            return 0;
        }

        int cudaSetDevice(int other) {
            device = other;
            return 0;
        }

        int cudaStreamCreateWithFlags(MemorySegment out, int flags) {
            told.add("stream with " + flags + " on " + device);
            streams.add(++handles);
            out.reinterpret(8).set(ValueLayout.JAVA_LONG, 0, handles);
            return status;
        }

        int cudaStreamSynchronize(long stream) {
            told.add("synchronize stream");
            return status;
        }

        int cudaStreamDestroy(long stream) {
            assertThat(streams.remove(stream)).isTrue();
            return status;
        }

        int cudaEventCreateWithFlags(MemorySegment out, int flags) {
            assertThat(flags).isEqualTo(2);
            assertThat(device).isEqualTo(DEVICE);
            events.add(++handles);
            out.reinterpret(8).set(ValueLayout.JAVA_LONG, 0, handles);
            return status;
        }

        int cudaEventRecord(long event, long stream) {
            assertThat(events).contains(event);
            told.add("record on " + name(stream));
            return status;
        }

        int cudaStreamWaitEvent(long stream, long event, int flags) {
            assertThat(events).contains(event);
            assertThat(flags).isZero();
            told.add(name(stream) + " waits");
            return status;
        }

        int cudaEventSynchronize(long event) {
            assertThat(events).contains(event);
            told.add("program waits");
            return status;
        }

        int cudaEventDestroy(long event) {
            assertThat(events.remove(event)).isTrue();
            return status;
        }

        int cudaMemcpyAsync(long to, long from, long bytes, int kind, long stream) {
            told.add("copy of " + bytes + ", kind " + kind + ", on " + name(stream));
            MemorySegment.ofAddress(to)
                    .reinterpret(bytes)
                    .copyFrom(MemorySegment.ofAddress(from).reinterpret(bytes));
            return status;
        }

        private String name(long stream) {
            return stream == COMPUTING ? "computing" : streams.contains(stream) ? "copies" : "unknown";
        }
    }

    private SymbolLookup library() {
        Map<String, MemorySegment> stubs = new HashMap<>();
        for (var method : Runtime.class.getDeclaredMethods()) {
            if (!method.getName().startsWith("cuda")) {
                continue;
            }
            try {
                MethodHandle bound = MethodHandles.lookup().unreflect(method).bindTo(runtime);
                MethodType type = bound.type();
                MemoryLayout[] layouts = type.parameterList().stream()
                        .map(one -> one == int.class
                                ? ValueLayout.JAVA_INT
                                : one == long.class ? ValueLayout.JAVA_LONG : (MemoryLayout) ValueLayout.ADDRESS)
                        .toArray(MemoryLayout[]::new);
                stubs.put(
                        method.getName(),
                        Linker.nativeLinker()
                                .upcallStub(bound, FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts), arena));
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
        return name -> java.util.Optional.ofNullable(stubs.get(name));
    }

    @Test
    void aCopyIsBetweenTheBlocksAndNobodyWaits() {
        try (Scope scope = Scope.inference();
                CopyLane lane = new CudaLane(new CudaRuntime(library(), DEVICE), () -> COMPUTING)) {
            Tensor from = torch.arange(new org.bytedeco.pytorch.Scalar(24));
            Tensor to = torch.zeros_like(from);
            Mark there = lane.copy(from, to, lane.computed());
            lane.await(there);
            assertThat(torch.equal(from, to)).isTrue();
            assertThat(runtime.told)
                    .containsExactly(
                            "stream with 1 on 3",
                            "record on computing",
                            "copies waits",
                            "copy of 192, kind 1, on copies",
                            "record on copies",
                            "computing waits");
            lane.join(there);
            assertThat(runtime.told).endsWith("program waits");
            assertThat(runtime.events).isEmpty();
        }
        assertThat(runtime.streams).isEmpty();
        assertThat(runtime.told).endsWith("synchronize stream");
        assertThat(runtime.device).as("the thread's own device").isZero();
    }

    @Test
    void anErrorIsToldWithItsCallAndDevice() {
        CudaRuntime cuda = new CudaRuntime(library(), DEVICE);
        runtime.status = 2;
        assertThatThrownBy(cuda::stream)
                .isInstanceOf(OperationFailedException.class)
                .hasMessage("cudaStreamCreateWithFlags on device cuda:3 ended with CUDA's error 2");
        assertThat(runtime.device).isZero();
        assertThatThrownBy(new CudaRuntime(name -> java.util.Optional.empty(), DEVICE)::stream)
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining("has no cudaGetDevice");
    }
}
