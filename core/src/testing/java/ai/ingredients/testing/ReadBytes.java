package ai.ingredients.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a thread reads from files, so that tests can say "reads no more than it must" without a clock. */
public final class ReadBytes {
    /** Linux's counters of the calling thread. */
    private static final Path COUNTERS = Path.of("/proc/thread-self/io");

    private ReadBytes() {}

    /** Whether this system counts. */
    public static boolean known() {
        return Files.isReadable(COUNTERS);
    }

    /** Bytes that {@code work} reads in the calling thread; mapped files do not count. */
    public static long of(Runnable work) {
        long before = count();
        work.run();
        return count() - before;
    }

    private static long count() {
        try {
            return Files.readAllLines(COUNTERS).stream()
                    .filter(line -> line.startsWith("rchar: "))
                    .mapToLong(line -> Long.parseLong(line.substring("rchar: ".length())))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
