package ai.ingredients.reproduction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.evaluation.statistics.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RowResultTest {
    private static final double CLOSE = 1e-12;

    private static RowResult row(Row row, double[]... rounds) {
        List<List<CaseResult>> results = new ArrayList<>();
        for (double[] round : rounds) {
            List<CaseResult> cases = new ArrayList<>();
            for (int i = 0; i < round.length; i++) {
                cases.add(new CaseResult(
                        i, "case " + i, "", List.of("a", "b"), Map.of("face_sim", round[i]), List.of(), ""));
            }
            results.add(cases);
        }
        return RowResult.of(row, results);
    }

    @Test
    void aCaseIsTheMeanOverItsSeeds() {
        RowResult result =
                row(Row.BOX, new double[] {0.2, 0.4, Double.NaN}, new double[] {0.4, Double.NaN, Double.NaN});
        assertArrayEquals(new double[] {0.3, 0.4, Double.NaN}, result.perCase("face_sim"), CLOSE);
        assertEquals(2, result.figure("face_sim").count());
        assertEquals(0.35, result.figure("face_sim").mean(), CLOSE);
    }

    @Test
    void differencesArePairedByCase() {
        // Cases differ by far more than rows do: only pairs tell the rows apart.
        RowResult better = row(Row.INGREDIENTS, new double[] {0.11, 0.51, 0.91, 0.31, 0.71, 0.81});
        RowResult worse = row(Row.MSE, new double[] {0.10, 0.50, 0.90, 0.30, 0.70, 0.80});
        Interval gain = better.minus(worse, "face_sim");
        assertEquals(0.01, gain.mean(), CLOSE);
        assertTrue(gain.low() > 0, "low end " + gain.low());
        assertEquals(Verdict.REPRODUCED, Verdict.of(gain));
        assertEquals(Verdict.CONTRADICTED, Verdict.of(worse.minus(better, "face_sim")));
    }

    /** Resampling few cases that all have one sign never reaches over zero, which says nothing. */
    @Test
    void fewCasesAreNeverCertain() {
        for (int cases = 1; cases < Verdict.LEAST_CASES; cases++) {
            double[] better = new double[cases];
            Arrays.fill(better, 0.9);
            RowResult one = row(Row.INGREDIENTS, better);
            RowResult other = row(Row.MSE, new double[cases]);
            assertEquals(Verdict.SAME_SIGN, Verdict.of(one.minus(other, "face_sim")));
            assertEquals(Verdict.OTHER_SIGN, Verdict.of(other.minus(one, "face_sim")));
        }
    }

    /** One training is no evidence of how others would differ, however many cases there are. */
    @Test
    void trainingSeedsCountBesideCases() {
        double[] cases = {0.11, 0.51, 0.91, 0.31, 0.71, 0.81};
        RowResult worse = trained(Row.MSE, cases, 0, 0.001, -0.001);
        RowResult better = trained(Row.INGREDIENTS, cases, 0.05, 0.051, 0.052);
        RowResult doubtful = trained(Row.BOX, cases, 0.15, -0.05, 0.06);

        assertEquals(Verdict.REPRODUCED, Verdict.of(better.gain(worse, "face_sim")));
        assertEquals(Verdict.CONTRADICTED, Verdict.of(worse.gain(better, "face_sim")));
        assertEquals(0.051, better.gain(worse, "face_sim").mean(), CLOSE);
        assertEquals(Verdict.SAME_SIGN, Verdict.of(doubtful.gain(worse, "face_sim")));
        assertEquals(Verdict.REPRODUCED, Verdict.of(doubtful.minus(worse, "face_sim")), "cases alone were certain");
        RowResult once = trained(Row.T2V, cases, 0.3);
        assertEquals(Verdict.SAME_SIGN, Verdict.of(once.gain(trained(Row.AFTER, cases, 0), "face_sim")));
        assertEquals(3, better.gain(once, "face_sim").seeds());
        assertTrue(doubtful.figure("face_sim").high()
                        - doubtful.figure("face_sim").low()
                > worse.figure("face_sim").high() - worse.figure("face_sim").low());
    }

    private static RowResult trained(Row row, double[] cases, double... gains) {
        List<List<List<CaseResult>>> trainings = new ArrayList<>();
        for (double gain : gains) {
            double[] moved = Arrays.stream(cases).map(value -> value + gain).toArray();
            trainings.add(row(row, moved).trainings().getFirst());
        }
        return new RowResult(row, trainings);
    }

    @Test
    void rowsOfDifferentLengthShareTheirFirstCases() {
        RowResult all = row(Row.INGREDIENTS, new double[] {0.5, 0.5, 0.5});
        RowResult some = row(Row.INVERSION, new double[] {0.1, 0.2});
        Interval gain = all.minus(some, "face_sim");
        assertEquals(2, gain.count());
        assertEquals(0.35, gain.mean(), CLOSE);
    }

    @Test
    void uncertainDifferencesAreSaidToBeSo() {
        RowResult one = row(Row.INGREDIENTS, new double[] {0.9, 0.1, 0.6, 0.4});
        RowResult other = row(Row.MSE, new double[] {0.1, 0.8, 0.4, 0.6});
        assertEquals(Verdict.SAME_SIGN, Verdict.of(one.minus(other, "face_sim")));
        assertEquals(Verdict.OTHER_SIGN, Verdict.of(other.minus(one, "face_sim")));
        assertEquals(Verdict.UNKNOWN, Verdict.of(one.minus(other, "no such figure")));
    }
}
