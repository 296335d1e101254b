package ai.ingredients.weights;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the system is told about the pages of a mapped file: that they will be read, that they are read now, that they are
 * not needed for the time being. Advice changes no value; a page given back is read again when it is looked at. On systems
 * other than Linux all of it does nothing.
 */
final class Pages {
    /** {@code madvise}'s numbers on Linux. */
    private enum Advice {
        WILL_NEED(3),
        DONT_NEED(4),
        POPULATE_READ(22);

        private final int number;

        Advice(int number) {
            this.number = number;
        }
    }

    /** More than a page of any system this runs on; advice is given for multiples of it. */
    private static final long PAGE = 1L << 16;

    private static final @Nullable MethodHandle MADVISE = madvise();

    private Pages() {}

    private static @Nullable MethodHandle madvise() {
        if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
            return null;
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("madvise")
                .map(address -> linker.downcallHandle(
                        address,
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT)))
                .orElse(null);
    }

    /** Begins to read the bytes {@code from} to {@code to} of {@code file} from disk, and does not wait. */
    static void readAhead(MemorySegment file, long from, long to) {
        advise(file, from, to, Advice.WILL_NEED);
    }

    /** Reads what is not in memory yet, and waits; kernels before 5.14 leave it to the first look. */
    static void bringIn(MemorySegment file, long from, long to) {
        advise(file, from, to, Advice.POPULATE_READ);
    }

    /** Takes the pages out of this process's resident memory; the system's cache may keep them. Of mapped files only. */
    static void giveBack(MemorySegment file, long from, long to) {
        advise(file, from, to, Advice.DONT_NEED);
    }

    /** A neighbour's values on the first and the last page are given the same advice, which costs a read at most. */
    private static void advise(MemorySegment file, long from, long to, Advice advice) {
        if (MADVISE == null || to <= from) {
            return;
        }
        long begin = from / PAGE * PAGE; // mappings begin at a page
        long end = Math.min(file.byteSize(), Math.ceilDiv(to, PAGE) * PAGE);
        try {
            // What the kernel answers does not matter: without the advice the same bytes are read, only later.
            int ignored = (int) MADVISE.invokeExact(file.asSlice(begin, end - begin), end - begin, advice.number);
        } catch (Throwable e) {
            throw new IllegalStateException("madvise was found but could not be called", e);
        }
    }
}
