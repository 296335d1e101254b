package ai.ingredients.studio.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When a stream of events wakes: for changes of the row at once, for progress at its pace. */
class BellTest {
    private static final long HOUR = Duration.ofHours(1).toNanos();
    private static final long MOMENT = Duration.ofMillis(150).toNanos();

    @Test
    void progressWaitsForItsPace() throws InterruptedException {
        EventRoutes.Bell bell = new EventRoutes.Bell();
        long tell = System.nanoTime() + MOMENT;
        bell.progressed();

        assertThat(bell.await(tell + HOUR, tell))
                .as("the row need not be looked at")
                .isFalse();
        assertThat(System.nanoTime() - tell).isNotNegative();
    }

    @Test
    void aChangeDoesNotWaitAndTakesProgressAlong() throws InterruptedException {
        EventRoutes.Bell bell = new EventRoutes.Bell();
        bell.progressed();
        bell.changed();

        long now = System.nanoTime();
        assertThat(bell.await(now + HOUR, now + HOUR)).isTrue();
        long look = System.nanoTime() + MOMENT;
        assertThat(bell.await(look, look - HOUR))
                .as("nothing is new until the next look")
                .isTrue();
        assertThat(System.nanoTime() - look).isNotNegative();
    }
}
