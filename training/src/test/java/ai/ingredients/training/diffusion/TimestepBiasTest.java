package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Noise;
import ai.ingredients.training.diffusion.TimestepBias.Strategy;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimestepBiasTest {
    private static final int TIMESTEPS = 1000;

    /** Three quarters are drawn from the portion that is three times as likely as the other half. */
    @ParameterizedTest
    @CsvSource({"NONE, 0.5, 0.5", "EARLIER, 0.75, 0.25", "LATER, 0.25, 0.75"})
    void oneEndIsDrawnMoreOften(Strategy strategy, double first, double second) {
        long[] drawn = draw(new TimestepBias(strategy, 0.5, 3), 4000);

        assertThat(share(drawn, 0, 500)).isEqualTo(first, within(0.001));
        assertThat(share(drawn, 500, 1000)).isEqualTo(second, within(0.001));
    }

    @Test
    void withinEachPartAllAreEquallyLikely() {
        long[] drawn = draw(new TimestepBias(Strategy.LATER, 0.25, 9), 4000);

        assertThat(share(drawn, 750, 875)).isEqualTo(0.375, within(0.001));
        assertThat(share(drawn, 875, 1000)).isEqualTo(0.375, within(0.001));
        assertThat(share(drawn, 0, 375)).isEqualTo(0.125, within(0.001));
        assertThat(drawn).contains(0, TIMESTEPS - 1);
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "1, 2", "-0.5, 2", "NaN, 2", "0.5, 0", "0.5, -1", "0.5, Infinity"})
    void whatIsNoBiasIsRefused(double portion, double multiplier) {
        assertThatThrownBy(() -> new TimestepBias(Strategy.LATER, portion, multiplier))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("portion")
                .hasMessageContaining("multiplier");
    }

    private static long[] draw(TimestepBias bias, int count) {
        return new Draws(new Noise(5), count, false).timesteps(TIMESTEPS, bias);
    }

    private static double share(long[] drawn, long from, long to) {
        return Arrays.stream(drawn).filter(t -> t >= from && t < to).count() / (double) drawn.length;
    }
}
