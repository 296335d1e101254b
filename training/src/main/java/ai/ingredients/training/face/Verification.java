package ai.ingredients.training.face;

import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * How well embeddings tell people apart who were not learned from: two photos of each of many people, compared by the
 * cosine of their embeddings.
 *
 * @param same mean cosine of two photos of one person
 * @param different mean cosine of photos of two people
 * @param auc how often two photos of one person are nearer than two of different people; 0.5 for chance
 * @param top1 how often, among the second photos of all, a first photo's nearest is the same person's
 */
record Verification(double same, double different, double auc, double top1) {
    /**
     * Measures an embedding.
     *
     * @param pairs first and second photo of each person in turn
     * @param embed [B] faces → [B] embeddings
     */
    static Verification of(List<Picture> pairs, Function<List<Picture>, List<float[]>> embed) {
        List<float[]> units = new ArrayList<>();
        int batch = 32;
        for (int from = 0; from < pairs.size(); from += batch) {
            embed.apply(pairs.subList(from, Math.min(from + batch, pairs.size()))).stream()
                    .map(Verification::unit)
                    .forEach(units::add);
        }
        int people = units.size() / 2;
        double[] same = new double[people];
        double[] different = new double[people * (people - 1)];
        int at = 0;
        int hits = 0;
        for (int i = 0; i < people; i++) {
            double best = Double.NEGATIVE_INFINITY;
            int nearest = -1;
            for (int j = 0; j < people; j++) {
                double cosine = dot(units.get(2 * i), units.get(2 * j + 1));
                if (i == j) {
                    same[i] = cosine;
                } else {
                    different[at++] = cosine;
                }
                if (cosine > best) {
                    best = cosine;
                    nearest = j;
                }
            }
            hits += nearest == i ? 1 : 0;
        }
        return new Verification(mean(same), mean(different), auc(same, different), (double) hits / people);
    }

    /** The figures by name, for a log. */
    Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("same", same);
        figures.put("different", different);
        figures.put("auc", auc);
        figures.put("top1", top1);
        return figures;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }

    /** The rank statistic: the share of (same, different) pairs in the right order, ties half. */
    private static double auc(double[] same, double[] different) {
        double[] sorted = different.clone();
        Arrays.sort(sorted);
        double right = 0;
        for (double value : same) {
            int low = lowerBound(sorted, value);
            int high = low;
            while (high < sorted.length && sorted[high] == value) {
                high++;
            }
            right += low + 0.5 * (high - low);
        }
        return right / ((double) same.length * different.length);
    }

    private static int lowerBound(double[] sorted, double value) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static float[] unit(float[] values) {
        double length = Math.sqrt(dot(values, values));
        float[] unit = new float[values.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (values[i] / Math.max(length, 1e-12));
        }
        return unit;
    }
}
