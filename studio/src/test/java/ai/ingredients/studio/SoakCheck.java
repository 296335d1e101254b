package ai.ingredients.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many small videos in one studio: afterwards it holds no more memory, open files or threads than before. No part of the suite, for it
 * takes minutes and its figures want a quiet machine:
 *
 * <pre>{@code
 * STUDIO_JOBS=1000 STUDIO_CLIENTS=8 mvn -pl studio -am test -Dtest=SoakCheck -Dsurefire.failIfNoSpecifiedTests=false
 * }</pre>
 */
class SoakCheck {
    private static final int JOBS = number("STUDIO_JOBS", 1000);
    private static final int CLIENTS = number("STUDIO_CLIENTS", 8);
    /** What one more thread of a pool, a rotated log or a page of the database may add. */
    private static final int SLACK = 8;

    private static final long FLAT = 64L << 20;

    @TempDir
    Path folder;

    private static int number(String name, int otherwise) {
        String text = System.getenv(name);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    /** What the process holds when nothing is being done. */
    private record Held(long resident, long heap, long files, int threads) {
        static Held now() {
            for (int i = 0; i < 3; i++) {
                System.gc();
                StudioProcess.sleep(300);
            }
            var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Held(
                    residentBytes(),
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    system.getOpenFileDescriptorCount(),
                    ManagementFactory.getThreadMXBean().getThreadCount());
        }

        private static long residentBytes() {
            try {
                return Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                        .findFirst()
                        .orElseThrow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d MB resident, %d MB heap, %d open files, %d threads",
                    resident >> 20,
                    heap >> 20,
                    files,
                    threads);
        }
    }

    @Test
    void nothingIsLeftOverAfterManyVideos() throws Exception {
        try (TestStudio studio = TestStudio.in(folder)) {
            List<Held> held = new ArrayList<>();
            List<Long> latencies = Collections.synchronizedList(new ArrayList<>());
            int parts = 5;
            for (int part = 0; part < parts; part++) {
                latencies.clear(); // the first parts are warming up
                make(studio, JOBS / parts, latencies);
                held.add(Held.now());
                System.out.println("after " + (part + 1) * (JOBS / parts) + " videos: " + held.getLast());
            }
            List<Long> sorted = latencies.stream().sorted().toList();
            System.out.printf(
                    Locale.ROOT,
                    "GET while videos are made: %d requests, median %.1f ms, p99 %.1f ms, longest %.1f ms%n",
                    sorted.size(),
                    millis(sorted, 0.5),
                    millis(sorted, 0.99),
                    millis(sorted, 1));
            Held before = held.get(1);
            Held after = held.getLast();
            assertThat(after.resident - before.resident)
                    .as("memory is flat: " + held)
                    .isLessThan(FLAT);
            assertThat(after.files).as("open files: " + held).isLessThanOrEqualTo(before.files + SLACK);
            assertThat(after.threads).as("threads: " + held).isLessThanOrEqualTo(before.threads + SLACK);
        }
    }

    private static double millis(List<Long> sorted, double share) {
        return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share)) / 1e6;
    }

    private static void make(TestStudio studio, int jobs, List<Long> latencies) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + 1)) {
            List<Future<?>> asking = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                asking.add(threads.submit(() -> {
                    while (next.getAndIncrement() < jobs) {
                        JsonNode video = studio.ended(studio.create(""));
                        assertThat(video.path("status").asText())
                                .as(video.toString())
                                .isEqualTo("completed");
                        assertThat(studio.get("/v1/videos/" + video.path("id").asText() + "/content")
                                        .statusCode())
                                .isEqualTo(200);
                    }
                }));
            }
            Future<?> looking = threads.submit(() -> {
                while (!over.get()) {
                    long began = System.nanoTime();
                    assertThat(studio.get("/v1/videos?limit=20").statusCode()).isEqualTo(200);
                    latencies.add(System.nanoTime() - began);
                    StudioProcess.sleep(5);
                }
            });
            try {
                for (Future<?> one : asking) {
                    one.get();
                }
            } finally {
                over.set(true);
            }
            looking.get();
        }
    }
}
