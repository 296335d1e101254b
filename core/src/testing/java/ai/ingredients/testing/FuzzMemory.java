package ai.ingredients.testing;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.pytorch.global.torch;

/**
 * Holds one reading to a bound of memory: four times its input and 200 MB above what the process had before, libtorch
 * loaded. What native code took is the rise of the process's resident memory to its peak meanwhile (Linux counts it; the
 * heap is touched beforehand, {@code -XX:+AlwaysPreTouch}); for Java's heap all bytes allocated are taken, garbage too. So
 * the sum is an upper bound. Only {@code build/fuzz/run} switches it on, by {@code -Dingredients.fuzz.memory=true}; each new
 * maximum is a line of its log.
 */
final class FuzzMemory {
    private static final boolean WATCHED = Boolean.getBoolean("ingredients.fuzz.memory");
    private static final long BOUND = 200_000_000;
    private static final int FOLD = 4;
    private static final long WORTH_A_LINE = 1_000_000;

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path PEAK = Path.of("/proc/self/clear_refs");
    private static final byte[] FORGET_PEAK = {'5'};

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long most;

    static {
        if (WATCHED) {
            torch.zeros(1).close();
            System.err.printf(Locale.ROOT, "memory: idle with libtorch %d MB%n", resident("VmRSS:") / 1_000_000);
        }
    }

    private FuzzMemory() {}

    /**
     * Runs {@code reading} of an input of {@code length} bytes. What takes too much is read once more, and only then a
     * finding: classes that are loaded for the first input, and instrumented by the fuzzer, count as its own.
     */
    static void bounded(int length, Runnable reading) {
        if (!WATCHED) {
            reading.run();
            return;
        }
        long allowed = BOUND + (long) FOLD * length;
        try {
            Taken taken = taken(reading);
            if (taken.bytes() > allowed) {
                taken = taken(reading);
            }
            if (taken.bytes() > most + WORTH_A_LINE) {
                most = taken.bytes();
                System.err.printf(
                        Locale.ROOT,
                        "memory: %d MB of the heap and %d MB beside it for %d bytes, peak %d MB%n",
                        taken.heap / 1_000_000,
                        taken.others / 1_000_000,
                        length,
                        resident("VmHWM:") / 1_000_000);
            }
            if (taken.bytes() > allowed) {
                throw new AssertionError("took " + taken.heap + " bytes of the heap and " + taken.others
                        + " beside it for " + length + " bytes");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes on the Java heap, garbage and all, and the rise of the process's memory to its peak. */
    private record Taken(long heap, long others) {
        long bytes() {
            return heap + others;
        }
    }

    private static Taken taken(Runnable reading) throws IOException {
        Files.write(PEAK, FORGET_PEAK);
        long resident = resident("VmRSS:");
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        reading.run();
        return new Taken(
                THREADS.getCurrentThreadAllocatedBytes() - allocated, Math.max(0, resident("VmHWM:") - resident));
    }

    /** What the line of {@code label} says, in bytes. */
    private static long resident(String label) {
        try {
            String status = new String(Files.readAllBytes(STATUS), StandardCharsets.US_ASCII);
            int end = status.indexOf(" kB", status.indexOf(label));
            return Long.parseLong(
                            status.substring(status.lastIndexOf('\t', end), end).strip())
                    << 10;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
