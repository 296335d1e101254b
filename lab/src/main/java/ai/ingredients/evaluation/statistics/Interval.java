package ai.ingredients.evaluation.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A mean over videos with its 95 % confidence interval, by the percentile bootstrap over videos.
 *
 * @param mean over the videos for which the number exists; NaN without any
 * @param low 2.5th percentile of the means of resampled videos
 * @param high 97.5th percentile
 * @param count videos for which the number exists
 */
public record Interval(double mean, double low, double high, int count) {
    private static final int RESAMPLES = 2000;
    static final double TAIL = 0.025;

    /**
     * The interval of {@code values}, one per video; NaN where a video has none.
     *
     * @param seed of the resampling: same values, same seed, same interval
     */
    public static Interval of(double[] values, long seed) {
        double[] known =
                Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray();
        if (known.length == 0) {
            return new Interval(Double.NaN, Double.NaN, Double.NaN, 0);
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] means = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            double sum = 0;
            for (int k = 0; k < known.length; k++) {
                sum += known[random.nextInt(known.length)];
            }
            means[i] = sum / known.length;
        }
        Arrays.sort(means);
        return new Interval(
                Arrays.stream(known).average().orElse(Double.NaN),
                quantile(means, TAIL),
                quantile(means, 1 - TAIL),
                known.length);
    }

    /** The value below which {@code share} of {@code sorted} lies, between neighbours where it falls between two. */
    static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
