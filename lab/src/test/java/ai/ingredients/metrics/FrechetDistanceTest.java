package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Distances that are known, and {@code scipy.linalg.sqrtm}'s: fixture {@code frechet}. */
class FrechetDistanceTest {
    static List<float[]> rows(Tensor matrix) {
        float[] all = Ops.floats(matrix);
        int width = Math.toIntExact(matrix.size(1));
        List<float[]> rows = new ArrayList<>();
        for (int at = 0; at < all.length; at += width) {
            rows.add(Arrays.copyOfRange(all, at, at + width));
        }
        return rows;
    }

    private static double distance(List<float[]> real, List<float[]> generated) {
        return FrechetDistance.between(real, generated).value();
    }

    @Test
    void distancesEqualScipys() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("frechet")) {
            for (int i = 0; i < 2; i++) {
                double expected = fixture.get("out_distance_" + i).item().toDouble();
                List<float[]> real = rows(fixture.get("in_real_" + i));
                List<float[]> generated = rows(fixture.get("in_generated_" + i));
                assertThat(distance(real, generated)).isCloseTo(expected, within(1e-9 * expected));
                assertThat(distance(generated, real)).isCloseTo(expected, within(1e-9 * expected));
                Collections.shuffle(real, new Random(i));
                assertThat(distance(real, generated)).isCloseTo(expected, within(1e-9 * expected));
            }
        }
    }

    /** Points ±aᵢ and ±bᵢ on the axes: covariances are diagonal, 2aᵢ²/(n − 1) and 2bᵢ²/(n − 1). */
    @Test
    void diagonalCovariancesGiveTheirClosedForm() {
        float[] a = {1, 2, 3, 4, 5};
        float[] b = {2, 2, 7, 1, 0}; // 0: one direction in which the second set has no extent
        float[] shift = {0.5f, 0, -1, 0, 2};
        double expected = 0;
        for (int i = 0; i < a.length; i++) {
            expected += shift[i] * shift[i] + 2.0 / (2 * a.length - 1) * (a[i] - b[i]) * (a[i] - b[i]);
        }
        FrechetDistance found = FrechetDistance.between(axes(a, new float[5]), axes(b, shift));
        assertThat(found.value()).isCloseTo(expected, within(1e-12));
        assertEquals(10, found.realCount());
        assertEquals(10, found.generatedCount());
        assertTrue(found.enoughSamples());
    }

    private static List<float[]> axes(float[] lengths, float[] shift) {
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                float[] row = shift.clone();
                row[i] += sign * lengths[i];
                rows.add(row);
            }
        }
        return rows;
    }

    /** Two points each, at an angle of 60° in three dimensions: 2a² + 2b² − 4ab·cos 60°. */
    @Test
    void setsSmallerThanTheirWidthGiveTheirClosedForm() {
        float[] first = {3, 0, 0};
        float[] second = {1, (float) Math.sqrt(3), 0}; // length 2
        FrechetDistance found = FrechetDistance.between(pair(first), pair(second));
        assertThat(found.value()).isCloseTo(2 * 9 + 2 * 4 - 4 * 3 * 2 * 0.5, within(1e-6)); // √3 is rounded to fp32
        assertFalse(found.enoughSamples());
    }

    private static List<float[]> pair(float[] point) {
        float[] opposite = new float[point.length];
        for (int i = 0; i < point.length; i++) {
            opposite[i] = -point[i];
        }
        return List.of(point, opposite);
    }

    /** A set and itself, of full rank and singular: 0 up to rounding of fp64, against traces in the hundreds. */
    @Test
    void aSetIsAtNoDistanceFromItself() {
        for (int samples : new int[] {12, 400}) {
            List<float[]> set = new ArrayList<>();
            Random random = new Random(samples);
            for (int i = 0; i < samples; i++) {
                float[] row = new float[200];
                for (int j = 0; j < row.length; j++) {
                    row[j] = (float) random.nextGaussian();
                }
                set.add(row);
            }
            assertThat(distance(set, set)).isBetween(0.0, 1e-10);
        }
    }

    /** A set without extent has the root 0: the distance of the means and the other set's variance remain. */
    @Test
    void aSetOfOnePointIsAllowed() {
        List<float[]> point = Collections.nCopies(3, new float[] {1, 1});
        List<float[]> spread = List.of(new float[] {1, 0}, new float[] {3, 0}, new float[] {2, 3});
        assertThat(distance(point, spread)).isCloseTo(1 + 0 + 1 + 3, within(1e-12));
    }

    @Test
    void unusableSetsAreRefused() {
        List<float[]> fine = List.of(new float[] {1, 2}, new float[] {3, 4});
        assertThatThrownBy(() -> FrechetDistance.between(fine, List.of(new float[] {1, 2})))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("the Fréchet distance needs at least 2 generated samples, found 1; use more pictures");
        assertThatThrownBy(() -> FrechetDistance.between(List.of(), fine))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("2 real samples, found 0");
        List<float[]> damaged = List.of(new float[] {1, Float.NaN}, new float[] {3, 4});
        assertThatThrownBy(() -> FrechetDistance.between(damaged, fine))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("the real features hold NaN");
        assertThatThrownBy(() -> FrechetDistance.between(fine, List.of(new float[3], new float[3])))
                .hasMessageContaining("one width expected, found 2 and 3");
    }

    /** What a resample is worth is what {@link FrechetDistance#between} says of its samples, with fewer or more photos. */
    @Test
    void resamplesAreAsFarAsTheirSamples() {
        Random random = new Random(4);
        for (int photos : new int[] {3, 40}) {
            List<float[]> real = normal(random, photos, 8, 0);
            List<float[]> generated = normal(random, 30, 8, 1);
            int[] once = new int[30];
            int[] some = new int[30];
            Arrays.fill(once, 1);
            List<float[]> chosen = new ArrayList<>();
            for (int k = 0; k < 30; k++) {
                some[k] = k % 4;
                chosen.addAll(Collections.nCopies(k % 4, generated.get(k)));
            }

            double[] distances = FrechetDistance.ofResamples(real, generated, List.of(once, some));

            double whole = FrechetDistance.between(real, generated).value();
            double part = FrechetDistance.between(real, chosen).value();
            assertThat(distances[0]).isCloseTo(whole, within(1e-5 * whole));
            assertThat(distances[1]).isCloseTo(part, within(1e-5 * part)).isNotCloseTo(whole, within(1e-3 * whole));
        }
    }

    private static List<float[]> normal(Random random, int count, int width, double mean) {
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] row = new float[width];
            for (int k = 0; k < width; k++) {
                row[k] = (float) (random.nextGaussian() + mean);
            }
            rows.add(row);
        }
        return rows;
    }
}
