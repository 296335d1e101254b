package ai.ingredients.testing;

import ai.ingredients.tensor.Natives;
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
            Natives.load(); // once, and not by the first input that needs them
            torch.zeros(1).close();
            System.err.printf(Locale.ROOT, "memory: idle with libtorch %d MB%n", resident("VmRSS:") / 1_000_000);
        }
    }

    private final long resident;
    private final long allocated;

    private FuzzMemory() throws IOException {
        Files.write(PEAK, FORGET_PEAK);
        resident = resident("VmRSS:");
        allocated = THREADS.getCurrentThreadAllocatedBytes();
    }

    /** Runs {@code reading} of an input of {@code length} bytes. */
    static void bounded(int length, Runnable reading) {
        if (!WATCHED) {
            reading.run();
            return;
        }
        try {
            FuzzMemory before = new FuzzMemory();
            reading.run();
            before.check(length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check(int length) {
        long heap = THREADS.getCurrentThreadAllocatedBytes() - allocated;
        long others = Math.max(0, resident("VmHWM:") - resident);
        long taken = heap + others;
        if (taken > most + WORTH_A_LINE) {
            most = taken;
            System.err.printf(
                    Locale.ROOT,
                    "memory: %d MB of the heap and %d MB beside it for %d bytes, peak %d MB%n",
                    heap / 1_000_000,
                    others / 1_000_000,
                    length,
                    resident("VmHWM:") / 1_000_000);
        }
        if (taken > BOUND + (long) FOLD * length) {
            throw new AssertionError(
                    "took " + heap + " bytes of the heap and " + others + " beside it for " + length + " bytes");
        }
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
