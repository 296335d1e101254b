package ai.ingredients.evaluation.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntervalTest {
    @Test
    void coversWhatNormalTheoryCovers() {
        SplittableRandom random = new SplittableRandom(3);
        double[] values = random.doubles(400).toArray();

        Interval interval = Interval.of(values, 1);

        double error = 1.96 * Math.sqrt(1.0 / 12 / values.length);
        assertThat(interval.high() - interval.mean()).isCloseTo(error, within(0.15 * error));
        assertThat(interval.mean() - interval.low()).isCloseTo(error, within(0.15 * error));
        assertThat(Interval.of(values, 1)).isEqualTo(interval);
    }

    @Test
    void videosWithoutTheNumberDoNotCount() {
        Interval interval = Interval.of(new double[] {2, Double.NaN, 2}, 1);

        assertThat(interval).isEqualTo(new Interval(2, 2, 2, 2));
        assertThat(Interval.of(new double[] {Double.NaN}, 1).count()).isZero();
    }
}
