package ai.ingredients.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** What the C library's allocator has handed out and not got back: libtorch's tensors, without the Java heap. */
public final class NativeMemory {
    /** glibc's {@code struct mallinfo2}: ten sizes, of which [4] is mapped blocks and [7] bytes in use. */
    private static final StructLayout MALLINFO2 =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));

    private static final int MAPPED_BYTES = 4;
    private static final int BYTES_IN_USE = 7;

    private static final int ROUNDS = 5;
    private static final int MOST_ROUNDS = 25;

    private NativeMemory() {}

    /** Whether this C library can tell (glibc 2.33 and newer). */
    public static boolean known() {
        return symbols().find("mallinfo2").isPresent();
    }

    /** Live bytes of the native allocator. */
    public static long liveBytes() {
        MethodHandle mallinfo2 = Linker.nativeLinker()
                .downcallHandle(symbols().find("mallinfo2").orElseThrow(), FunctionDescriptor.of(MALLINFO2));
        try (Arena arena = Arena.ofConfined()) {
            var info = (MemorySegment) mallinfo2.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(ValueLayout.JAVA_LONG, MAPPED_BYTES)
                    + info.getAtIndex(ValueLayout.JAVA_LONG, BYTES_IN_USE);
        } catch (Throwable e) {
            throw new IllegalStateException("mallinfo2 cannot be called", e);
        }
    }

    /**
     * By how many bytes the same work grows live memory: the median over an odd number of rounds. The figure is the whole
     * process's, and the JVM's compiler takes and gives back megabytes in some of them.
     */
    public static long growth(int rounds, Runnable work) {
        return sorted(rounds, work)[rounds / 2];
    }

    /**
     * What is lost each time work is repeated that should lose nothing: the second least growth of many rounds. What is
     * lost is lost in every round, while the JVM's compiler, whose memory is the process's as well, is busier in some than in
     * others: short rounds right after the start may all grow, so there are more of them until two did not.
     */
    public static long leak(Runnable work) {
        long least = Long.MAX_VALUE;
        long second = Long.MAX_VALUE;
        for (int round = 0; round < MOST_ROUNDS && (round < ROUNDS || second > 0); round++) {
            long before = liveBytes();
            work.run();
            long grown = liveBytes() - before;
            second = Math.min(second, Math.max(least, grown));
            least = Math.min(least, grown);
        }
        return second;
    }

    private static long[] sorted(int rounds, Runnable work) {
        long[] grown = new long[rounds];
        for (int round = 0; round < rounds; round++) {
            long before = liveBytes();
            work.run();
            grown[round] = liveBytes() - before;
        }
        Arrays.sort(grown);
        return grown;
    }

    private static SymbolLookup symbols() {
        return Linker.nativeLinker().defaultLookup();
    }
}
