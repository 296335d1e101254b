package ai.ingredients.reproduction;

import ai.ingredients.evaluation.CaseResult;
import ai.ingredients.evaluation.Interval;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A row over all sampling seeds. A case's figure is its mean over the seeds, so that intervals over cases count nothing
 * twice.
 *
 * @param row of a table
 * @param rounds the results of every seed, one for each case
 */
record RowResult(Row row, List<List<CaseResult>> rounds) {
    private static final long BOOTSTRAP_SEED = 95;

    RowResult {
        rounds = rounds.stream().map(List::copyOf).toList();
    }

    /** Cases, failed ones included. */
    int cases() {
        return rounds.getFirst().size();
    }

    /** Videos that could not be made or measured. */
    int failed() {
        return Math.toIntExact(rounds.stream()
                .flatMap(List::stream)
                .filter(result -> !result.ok())
                .count());
    }

    /** Figure {@code name} of every case, mean over the seeds; NaN where it does not exist. */
    double[] perCase(String name) {
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

    /** Figure {@code name} over the cases. */
    Interval figure(String name) {
        return Interval.of(perCase(name), BOOTSTRAP_SEED);
    }

    /**
     * This row's figure minus {@code other}'s, case by case, over the cases that both have.
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
        rounds.forEach(
                round -> round.forEach(result -> names.addAll(result.figures().keySet())));
        Map<String, Interval> figures = new LinkedHashMap<>();
        names.forEach(name -> figures.put(name, figure(name)));
        return figures;
    }
}
