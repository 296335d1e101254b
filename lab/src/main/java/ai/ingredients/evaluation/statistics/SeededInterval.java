package ai.ingredients.evaluation.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A mean over training seeds and cases with its 95 % confidence interval: it holds for other seeds and other cases than
 * those that were drawn.
 *
 * <p>Every seed has the same cases, so a figure is μ + seed + case + rest, with a variance each ({@link Spread}). The
 * interval is a two-level bootstrap: every resample draws seeds and, independently of them, cases, both with replacement.
 * That alone is too narrow: resamples of three seeds vary by a third less than seeds do, and three seeds say little of
 * how much seeds vary. So the resampled means are stretched around the mean until their spread is that of the variances'
 * unbiased estimate, times Student's t over the normal quantile, t of the degrees of freedom of each variance weighted by
 * its part (Cochran). The shape, such as a longer tail on one side, stays the bootstrap's.
 *
 * <p>With one seed or one case the interval is everything from −∞ to ∞: nothing is known of how others would differ.
 *
 * @param mean over seeds and cases; NaN without any
 * @param low end of the interval
 * @param high end of the interval
 * @param seeds of training
 * @param cases that have the figure with every seed
 * @param spread what the figures vary by
 */
public record SeededInterval(double mean, double low, double high, int seeds, int cases, Spread spread) {
    private static final int RESAMPLES = 2000;
    private static final double NORMAL = 1.959964;
    /** Share of repetitions that should decide, when it is asked how many seeds or cases would. */
    private static final double POWER = 0.8;

    private static final int MOST_SEEDS = 1000;
    private static final int MOST_CASES = 100_000;

    /**
     * Variances, all at least 0.
     *
     * @param ofSeeds how training seeds differ, all cases together
     * @param ofCases how cases differ, all seeds together
     * @param rest what is left of a single value
     */
    public record Spread(double ofSeeds, double ofCases, double rest) {
        /** Of the mean over so many seeds and cases. */
        double ofMean(int seeds, int cases) {
            return ofSeeds / seeds + ofCases / cases + rest / ((double) seeds * cases);
        }

        /** The variances' Student quantiles, weighted by their parts in the mean's variance. */
        private double quantile(double share, int seeds, int cases) {
            double whole = ofMean(seeds, cases);
            if (whole == 0) {
                return NORMAL;
            }
            double both = ofSeeds / seeds * StudentT.quantile(share, seeds - 1)
                    + ofCases / cases * StudentT.quantile(share, cases - 1);
            double remains = rest / ((double) seeds * cases) * StudentT.quantile(share, (seeds - 1.0) * (cases - 1));
            return (both + remains) / whole;
        }
    }

    /**
     * How many would decide whether a mean is above or below 0: if it is what it was found to be, four of five repetitions
     * with so many have an interval without 0.
     *
     * @param seeds of training with the present cases; none where no number of seeds would do
     * @param cases with the present seeds; none where no number of cases would do
     */
    public record Deciding(
            @Nullable Integer seeds, @Nullable Integer cases) {}

    /**
     * The interval of {@code values[trainingSeed][case]}. Only cases that have a value with every seed count.
     *
     * @param values as many cases for each seed; NaN where a case has none
     * @param randomSeed of the resampling: same values, same interval
     */
    public static SeededInterval of(double[][] values, long randomSeed) {
        int shortest = Arrays.stream(values).mapToInt(row -> row.length).min().orElse(0);
        int[] known = IntStream.range(0, shortest)
                .filter(c -> Arrays.stream(values).noneMatch(row -> Double.isNaN(row[c])))
                .toArray();
        double[][] complete = Arrays.stream(values)
                .map(row -> Arrays.stream(known).mapToDouble(c -> row[c]).toArray())
                .toArray(double[][]::new);
        int seeds = values.length;
        int cases = known.length;
        if (seeds == 0 || cases == 0) {
            return new SeededInterval(Double.NaN, Double.NaN, Double.NaN, seeds, 0, new Spread(0, 0, 0));
        }
        double mean = mean(complete);
        if (seeds == 1 || cases == 1) {
            return new SeededInterval(
                    mean,
                    Double.NEGATIVE_INFINITY,
                    Double.POSITIVE_INFINITY,
                    seeds,
                    cases,
                    new Spread(Double.NaN, Double.NaN, Double.NaN));
        }
        Spread spread = spread(complete, mean);
        double[] means = resampled(complete, new SplittableRandom(randomSeed));
        double centre = Arrays.stream(means).average().orElse(mean);
        double deviation = Math.sqrt(Arrays.stream(means)
                .map(value -> (value - centre) * (value - centre))
                .average()
                .orElse(0));
        double wanted = Math.sqrt(spread.ofMean(seeds, cases)) * spread.quantile(1 - Interval.TAIL, seeds, cases);
        double stretch = deviation == 0 ? 0 : wanted / (NORMAL * deviation);
        Arrays.sort(means);
        return new SeededInterval(
                mean,
                mean + stretch * (Interval.quantile(means, Interval.TAIL) - centre),
                mean + stretch * (Interval.quantile(means, 1 - Interval.TAIL) - centre),
                seeds,
                cases,
                spread);
    }

    /**
     * Of differences, seed by seed and case by case, over the cases that both have: {@code one} minus {@code other}.
     *
     * @param one figures by training seed and case
     * @param other as many training seeds, or a single row of what has none, which every seed is held against
     * @throws IllegalArgumentException when both have several training seeds, but not equally many
     */
    public static SeededInterval ofDifferences(double[][] one, double[][] other, long randomSeed) {
        int seeds = Math.max(one.length, other.length);
        if (one.length == 0
                || other.length == 0
                || one.length != seeds && one.length != 1
                || other.length != seeds && other.length != 1) {
            throw new IllegalArgumentException(one.length + " training seeds against " + other.length);
        }
        double[][] differences = new double[seeds][];
        for (int s = 0; s < seeds; s++) {
            double[] a = one[one.length == 1 ? 0 : s];
            double[] b = other[other.length == 1 ? 0 : s];
            differences[s] = new double[Math.min(a.length, b.length)];
            Arrays.setAll(differences[s], c -> a[c] - b[c]);
        }
        return of(differences, randomSeed);
    }

    /**
     * An interval over cases, made wider by how much training seeds differ: for figures of all videos together, which no
     * single case has. What seeds differ by holds some chance of cases too, so that the interval is rather too wide.
     *
     * @param overCases of all seeds together
     * @param bySeed the figure with each seed, two at least; NaN where a seed has none, which leaves the interval open
     * @return around the mean of {@code overCases}
     */
    public static Interval widened(Interval overCases, double[] bySeed) {
        if (overCases.count() == 0 || bySeed.length < 2) {
            throw new IllegalArgumentException(bySeed.length + " training seeds and " + overCases.count() + " cases");
        }
        double mean = Arrays.stream(bySeed).average().orElse(Double.NaN);
        double error = Math.sqrt(variance(bySeed, mean) / bySeed.length);
        double ofSeeds = Double.isNaN(mean)
                ? Double.POSITIVE_INFINITY
                : error * StudentT.quantile(1 - Interval.TAIL, bySeed.length - 1);
        return new Interval(
                overCases.mean(),
                overCases.mean() - Math.hypot(overCases.mean() - overCases.low(), ofSeeds),
                overCases.mean() + Math.hypot(overCases.high() - overCases.mean(), ofSeeds),
                overCases.count());
    }

    /** Whether the whole interval is above 0 or below it. */
    public boolean certain() {
        return low > 0 || high < 0;
    }

    /** How many seeds or cases would decide; empty with one seed or one case, which say nothing of it. */
    public Deciding deciding() {
        if (seeds < 2 || cases < 2) {
            return new Deciding(null, null);
        }
        return new Deciding(
                first(seeds, MOST_SEEDS, number -> decides(number, cases)),
                first(cases, MOST_CASES, number -> decides(seeds, number)));
    }

    private interface Test {
        boolean holds(int number);
    }

    /** The first number from {@code least} on for which {@code test} holds; it holds for all greater ones, too. */
    private static @Nullable Integer first(int least, int most, Test test) {
        if (!test.holds(most)) {
            return null;
        }
        int low = least;
        int high = most;
        while (low < high) {
            int middle = (low + high) / 2;
            if (test.holds(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private boolean decides(int otherSeeds, int otherCases) {
        double factor = spread.quantile(1 - Interval.TAIL, otherSeeds, otherCases)
                + spread.quantile(POWER, otherSeeds, otherCases);
        return Math.abs(mean) >= factor * Math.sqrt(spread.ofMean(otherSeeds, otherCases)) && mean != 0;
    }

    private static double mean(double[][] values) {
        return Arrays.stream(values).flatMapToDouble(Arrays::stream).average().orElse(Double.NaN);
    }

    /** By mean squares, as in an analysis of variance of two crossed random effects. */
    private static Spread spread(double[][] values, double mean) {
        int seeds = values.length;
        int cases = values[0].length;
        double[] ofSeed = Arrays.stream(values)
                .mapToDouble(row -> Arrays.stream(row).average().orElse(0))
                .toArray();
        double[] ofCase = IntStream.range(0, cases)
                .mapToDouble(c -> Arrays.stream(values)
                        .mapToDouble(row -> row[c])
                        .average()
                        .orElse(0))
                .toArray();
        double rest = 0;
        for (int s = 0; s < seeds; s++) {
            for (int c = 0; c < cases; c++) {
                double left = values[s][c] - ofSeed[s] - ofCase[c] + mean;
                rest += left * left;
            }
        }
        rest /= (seeds - 1.0) * (cases - 1);
        return new Spread(
                Math.max(0, variance(ofSeed, mean) - rest / cases),
                Math.max(0, variance(ofCase, mean) - rest / seeds),
                rest);
    }

    private static double variance(double[] values, double mean) {
        return Arrays.stream(values)
                        .map(value -> (value - mean) * (value - mean))
                        .sum()
                / (values.length - 1);
    }

    private static double[] resampled(double[][] values, SplittableRandom random) {
        int seeds = values.length;
        int cases = values[0].length;
        double[] means = new double[RESAMPLES];
        double[] sums = new double[cases];
        for (int i = 0; i < RESAMPLES; i++) {
            Arrays.fill(sums, 0);
            for (int k = 0; k < seeds; k++) {
                double[] row = values[random.nextInt(seeds)];
                for (int c = 0; c < cases; c++) {
                    sums[c] += row[c];
                }
            }
            double sum = 0;
            for (int k = 0; k < cases; k++) {
                sum += sums[random.nextInt(cases)];
            }
            means[i] = sum / seeds / cases;
        }
        return means;
    }
}
