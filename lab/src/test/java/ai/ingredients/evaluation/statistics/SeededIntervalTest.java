package ai.ingredients.evaluation.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.evaluation.statistics.SeededInterval.Deciding;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Made data with known answers. */
class SeededIntervalTest {
    private static final int REPETITIONS = 800;

    /** A mean of 0.3 with seeds, cases and rest of known spread is in 95 of 100 intervals. */
    @ParameterizedTest
    @CsvSource({"3, 20, 0.05, 0.1, 0.1", "5, 30, 0.03, 0.1, 0.1", "3, 40, 0.01, 0.1, 0.1", "3, 12, 0.1, 0.02, 0.05"})
    void coversTheTruthAsOftenAsItSays(int seeds, int cases, double ofSeeds, double ofCases, double rest) {
        SplittableRandom random = new SplittableRandom(5);
        int covered = 0;
        int coveredByCases = 0;
        for (int i = 0; i < REPETITIONS; i++) {
            double[][] values = made(random, seeds, cases, 0.3, ofSeeds, ofCases, rest);
            SeededInterval interval = SeededInterval.of(values, i);
            covered += interval.low() <= 0.3 && 0.3 <= interval.high() ? 1 : 0;
            Interval plain = Interval.of(values[0], i);
            coveredByCases += plain.low() <= 0.3 && 0.3 <= plain.high() ? 1 : 0;
        }

        double error = 3 * Math.sqrt(0.95 * 0.05 / REPETITIONS);
        assertThat((double) covered / REPETITIONS).isBetween(0.95 - error, 0.95 + error);
        if (ofSeeds >= 0.05) { // what intervals over the cases of one training claim is not so
            assertThat((double) coveredByCases / REPETITIONS).isLessThan(0.8);
        }
    }

    @Test
    void theSpreadIsFoundAgain() {
        SplittableRandom random = new SplittableRandom(1);
        SeededInterval interval = SeededInterval.of(made(random, 60, 60, 0.3, 0.2, 0.1, 0.05), 1);

        assertThat(Math.sqrt(interval.spread().ofSeeds())).isCloseTo(0.2, within(0.05));
        assertThat(Math.sqrt(interval.spread().ofCases())).isCloseTo(0.1, within(0.025));
        assertThat(Math.sqrt(interval.spread().rest())).isCloseTo(0.05, within(0.003));
    }

    @Test
    void oneSeedOrOneCaseIsNeverCertain() {
        SeededInterval oneSeed = SeededInterval.of(new double[][] {{0.9, 0.91, 0.9, 0.92, 0.9, 0.9, 0.91}}, 1);
        SeededInterval oneCase = SeededInterval.of(new double[][] {{0.9}, {0.91}, {0.9}, {0.92}}, 1);

        assertThat(oneSeed.certain()).isFalse();
        assertThat(oneSeed.mean()).isCloseTo(0.906, within(1e-3));
        assertThat(oneSeed.low()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(oneCase.certain()).isFalse();
        assertThat(oneCase.high()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(oneSeed.deciding()).isEqualTo(new Deciding(null, null));
        // Seeds of which nothing counts, since no case has the figure with all of them.
        SeededInterval none = SeededInterval.of(new double[][] {{Double.NaN, 1}, {1, Double.NaN}}, 1);
        assertThat(none.cases()).isZero();
        assertThat(none.certain()).isFalse();
    }

    @Test
    void differencesArePairedBySeedAndCase() {
        SplittableRandom random = new SplittableRandom(2);
        double[][] one = made(random, 3, 30, 0.5, 0.1, 0.2, 0.01);
        double[][] other = new double[3][30];
        for (int s = 0; s < 3; s++) {
            for (int c = 0; c < 30; c++) {
                other[s][c] = one[s][c] - 0.02 + 0.01 * normal(random);
            }
        }
        SeededInterval gain = SeededInterval.ofDifferences(one, other, 1);

        assertThat(gain.mean()).isCloseTo(0.02, within(0.004));
        assertThat(gain.certain())
                .as("by far smaller than the rows' own spread")
                .isTrue();
        assertThat(SeededInterval.ofDifferences(other, one, 1).high()).isNegative();
        // Against a row without training seeds, the seeds of the one count.
        SeededInterval against = SeededInterval.ofDifferences(one, new double[][] {other[0]}, 1);
        assertThat(against.seeds()).isEqualTo(3);
        assertThat(against.spread().ofSeeds()).isGreaterThan(gain.spread().ofSeeds());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SeededInterval.ofDifferences(one, new double[][] {other[0], other[1]}, 1));
    }

    /** So many seeds as are said to decide do so in four of five repetitions, and cases never do where seeds differ. */
    @Test
    void whatWouldDecideDoes() {
        SplittableRandom random = new SplittableRandom(3);
        // A mean that is as far from 0 as seeds vary: seeds decide it, more cases do not.
        SeededInterval undecided = new SeededInterval(
                0.05, -0.1, 0.2, 3, 40, new SeededInterval.Spread(0.05 * 0.05, 0.05 * 0.05, 0.1 * 0.1));
        Deciding deciding = undecided.deciding();
        assertThat(deciding.cases()).isNull();
        int seeds = Objects.requireNonNull(deciding.seeds());
        int decided = 0;
        for (int i = 0; i < REPETITIONS; i++) {
            decided += SeededInterval.of(made(random, seeds, 40, 0.05, 0.05, 0.05, 0.1), i)
                                    .low()
                            > 0
                    ? 1
                    : 0;
        }
        assertThat((double) decided / REPETITIONS).isBetween(0.74, 0.92);
        // Seeds that hardly differ: cases decide.
        SeededInterval few =
                new SeededInterval(0.05, -0.1, 0.2, 3, 10, new SeededInterval.Spread(0, 0.2 * 0.2, 0.1 * 0.1));
        assertThat(Objects.requireNonNull(few.deciding().cases())).isBetween(100, 200);
        assertThat(few.deciding().seeds()).isNull();
    }

    /** Made figures of whole sets: what is known of them lies in 95 of 100 intervals, or rather more. */
    @Test
    void figuresOfAllVideosAreWidenedBySeeds() {
        SplittableRandom random = new SplittableRandom(4);
        int held = 0;
        for (int i = 0; i < REPETITIONS; i++) {
            double ofCases = 0.05 * normal(random);
            double[] bySeed = new double[3];
            Arrays.setAll(bySeed, s -> 0.3 + ofCases + 0.1 * normal(random));
            double mean = Arrays.stream(bySeed).average().orElseThrow();
            Interval wide = SeededInterval.widened(new Interval(mean, mean - 0.098, mean + 0.098, 50), bySeed);
            held += wide.low() < 0.3 && 0.3 < wide.high() ? 1 : 0;
        }
        assertThat((double) held / REPETITIONS).isBetween(0.93, 1.0);

        Interval cases = new Interval(0.2, 0.1, 0.4, 9);
        assertThat(SeededInterval.widened(cases, new double[] {0.2, 0.2})).isEqualTo(cases);
        Interval open = SeededInterval.widened(cases, new double[] {0.2, Double.NaN});
        assertThat(open.low()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(open.high()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void studentsQuantilesAreThoseOfTables() {
        assertThat(StudentT.quantile(0.975, 1)).isCloseTo(12.706, within(0.005));
        assertThat(StudentT.quantile(0.975, 2)).isCloseTo(4.303, within(0.002));
        assertThat(StudentT.quantile(0.8, 5)).isCloseTo(0.920, within(0.002));
        assertThat(StudentT.quantile(0.975, 1000)).isCloseTo(1.962, within(0.002));
    }

    private static double[][] made(
            SplittableRandom random, int seeds, int cases, double mean, double ofSeeds, double ofCases, double rest) {
        double[] ofCase = new double[cases];
        Arrays.setAll(ofCase, c -> ofCases * normal(random));
        double[][] values = new double[seeds][cases];
        for (double[] row : values) {
            double seed = ofSeeds * normal(random);
            for (int c = 0; c < cases; c++) {
                row[c] = mean + seed + ofCase[c] + rest * normal(random);
            }
        }
        return values;
    }

    private static double normal(SplittableRandom random) {
        return random.nextGaussian();
    }
}
