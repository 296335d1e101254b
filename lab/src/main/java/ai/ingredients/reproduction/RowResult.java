package ai.ingredients.reproduction;

import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SeededInterval;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A row over all training seeds and sampling seeds. A case's figure is its mean over the sampling seeds, so that intervals
 * over cases count nothing twice.
 *
 * @param row of a table
 * @param trainings by training seed, the results of every sampling seed, one for each case
 */
record RowResult(Row row, List<List<List<CaseResult>>> trainings) {
    private static final long BOOTSTRAP_SEED = 95;

    RowResult {
        trainings = trainings.stream()
                .map(rounds -> rounds.stream().map(List::copyOf).toList())
                .toList();
    }

    /** Of a single training. */
    static RowResult of(Row row, List<List<CaseResult>> rounds) {
        return new RowResult(row, List.of(rounds));
    }

    /** The sampling seeds of each training. */
    int rounds() {
        return trainings.getFirst().size();
    }

    /** Cases, failed ones included. */
    int cases() {
        return trainings.getFirst().getFirst().size();
    }

    /** Videos that could not be made or measured. */
    int failed() {
        return Math.toIntExact(trainings.stream()
                .flatMap(List::stream)
                .flatMap(List::stream)
                .filter(result -> !result.ok())
                .count());
    }

    /** Figure {@code name} by training seed and case, mean over the sampling seeds; NaN where it does not exist. */
    double[][] perTraining(String name) {
        return trainings.stream().map(rounds -> perCase(rounds, name)).toArray(double[][]::new);
    }

    /** Figure {@code name} of every case, mean over all seeds; NaN where it does not exist. */
    double[] perCase(String name) {
        return perCase(trainings.stream().flatMap(List::stream).toList(), name);
    }

    private double[] perCase(List<List<CaseResult>> rounds, String name) {
        double[] sums = new double[cases()];
        int[] counts = new int[cases()];
        for (List<CaseResult> round : rounds) {
            for (CaseResult result : round) {
                double value = result.figures().getOrDefault(name, Double.NaN);
                if (!Double.isNaN(value)) {
                    sums[result.index()] += value;
                    counts[result.index()]++;
                }
            }
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] = counts[i] == 0 ? Double.NaN : sums[i] / counts[i];
        }
        return sums;
    }

    /** Figure {@code name} over the cases, and over training seeds where there are several. */
    Interval figure(String name) {
        return trainings.size() == 1
                ? Interval.of(perCase(name), BOOTSTRAP_SEED)
                : interval(SeededInterval.of(perTraining(name), BOOTSTRAP_SEED));
    }

    private static Interval interval(SeededInterval seeded) {
        return new Interval(seeded.mean(), seeded.low(), seeded.high(), seeded.cases());
    }

    /**
     * This row's figure minus {@code other}'s, training by training and case by case, over the cases that both have: an
     * interval over training seeds and cases. A row of a single training is held against every training of the other.
     *
     * @param name of a figure
     */
    SeededInterval gain(RowResult other, String name) {
        return SeededInterval.ofDifferences(perTraining(name), other.perTraining(name), BOOTSTRAP_SEED);
    }

    /**
     * The same over cases alone: it says nothing of other training seeds.
     *
     * @param name of a figure
     */
    Interval minus(RowResult other, String name) {
        double[] own = perCase(name);
        double[] its = other.perCase(name);
        double[] differences = new double[Math.min(own.length, its.length)];
        Arrays.setAll(differences, i -> own[i] - its[i]);
        return Interval.of(differences, BOOTSTRAP_SEED);
    }

    /** All figures that any round has. */
    Map<String, Interval> figures() {
        Set<String> names = new LinkedHashSet<>();
        trainings.stream()
                .flatMap(List::stream)
                .flatMap(List::stream)
                .forEach(result -> names.addAll(result.figures().keySet()));
        Map<String, Interval> figures = new LinkedHashMap<>();
        names.forEach(name -> figures.put(name, figure(name)));
        return figures;
    }
}
