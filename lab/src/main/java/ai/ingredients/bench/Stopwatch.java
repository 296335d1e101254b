package ai.ingredients.bench;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Memory;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.global.torch;

/**
 * Times work: some repetitions that do not count, then those that do, each until the device has finished.
 *
 * @param compute where the work is done
 * @param warmUp repetitions that do not count
 * @param repeat repetitions that count
 */
record Stopwatch(Compute compute, int warmUp, int repeat) {
    private static final Path SYSTEM = Path.of("/proc/stat");
    private static final double NANOS = 1e9;

    /**
     * Measures {@code work}, which leaves nothing behind.
     *
     * @param operations of one repetition, 0 where nobody counted
     */
    Measured measure(String name, double operations, Runnable work) {
        for (int i = 0; i < warmUp; i++) {
            work.run();
        }
        finish();
        Memory.resetPeakOfProcess();
        if (!compute.onCpu()) {
            Memory.resetPeakOnCuda(compute.deviceIndex());
        }
        List<Double> seconds = new ArrayList<>();
        long[] systemBefore = system();
        long ownBefore = own();
        for (int i = 0; i < repeat; i++) {
            long started = System.nanoTime();
            work.run();
            finish();
            seconds.add((System.nanoTime() - started) / NANOS);
        }
        return new Measured(
                name,
                compute.dtype().toString(),
                seconds,
                operations,
                Memory.peakOfProcess(),
                compute.onCpu() ? 0 : Memory.peakOnCuda(compute.deviceIndex()),
                0,
                others(systemBefore, system(), own() - ownBefore),
                null);
    }

    private void finish() {
        if (!compute.onCpu()) {
            torch.synchronizeDevice((byte) compute.deviceIndex());
        }
    }

    /** Processor nanoseconds of this process. */
    private static long own() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** Ticks of all processors since the system's start: busy, all; none where the system does not tell. */
    private static long[] system() {
        try {
            long[] ticks = Arrays.stream(Files.readString(SYSTEM)
                            .lines()
                            .findFirst()
                            .orElse("")
                            .split("\\s+"))
                    .skip(1)
                    .mapToLong(Long::parseLong)
                    .toArray();
            long all = Arrays.stream(ticks, 0, Math.min(8, ticks.length)).sum();
            return new long[] {all - ticks[3] - ticks[4], all}; // without idle and waiting
        } catch (IOException e) {
            return new long[] {0, 0};
        }
    }

    private static double others(long[] before, long[] after, long ownNanos) {
        double all = after[1] - before[1];
        double ticks = ownNanos / NANOS * 100; // of a hundredth of a second on every Linux
        return all <= 0 ? 0 : Math.clamp((after[0] - before[0] - ticks) / all, 0, 1);
    }
}
