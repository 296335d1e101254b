package ai.ingredients.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one case took.
 *
 * @param name of the case, for instance {@code matmul 4096}
 * @param dtype in which it was computed
 * @param seconds of each repetition that counts, in order
 * @param operations floating-point operations of one repetition, a multiplication and an addition being two; 0 where
 *     nobody counted
 * @param peakResident the most bytes of this process in memory meanwhile, pages of mapped files included
 * @param peakDevice the most bytes allocated on the CUDA device meanwhile; 0 on the CPU
 * @param estimated what the memory plan said {@code peakResident}, or on CUDA {@code peakDevice}, would be; 0 without a plan
 * @param others the share of the processors that other programs took meanwhile: with much of it seconds mean little
 * @param note what else is to be said, or why there are no seconds
 */
public record Measured(
        String name,
        String dtype,
        List<Double> seconds,
        double operations,
        long peakResident,
        long peakDevice,
        long estimated,
        double others,
        @Nullable String note) {
    public Measured {
        seconds = List.copyOf(seconds);
    }

    /** A case that was not run, and why. */
    static Measured skipped(String name, String dtype, String why) {
        return new Measured(name, dtype, List.of(), 0, 0, 0, 0, 0, "skipped: " + why);
    }

    /** Whether it was run. */
    public boolean ran() {
        return !seconds.isEmpty();
    }

    /** The median of the repetitions; NaN where it was not run. */
    public double median() {
        double[] sorted = sorted();
        int half = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** Shortest repetition. */
    public double least() {
        return ran() ? sorted()[0] : Double.NaN;
    }

    /** Longest repetition. */
    public double most() {
        return ran() ? sorted()[seconds.size() - 1] : Double.NaN;
    }

    /** Operations in a second of the median repetition, in thousand millions; 0 where nobody counted. */
    public double gigaflops() {
        return operations == 0 || !ran() ? 0 : operations / median() / 1e9;
    }

    private double[] sorted() {
        return seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }

    /** The same with another note. */
    Measured withNote(String other) {
        return new Measured(name, dtype, seconds, operations, peakResident, peakDevice, estimated, others, other);
    }

    /** The same with what was planned. */
    Measured withEstimate(long bytes) {
        return new Measured(name, dtype, seconds, operations, peakResident, peakDevice, bytes, others, note);
    }
}
