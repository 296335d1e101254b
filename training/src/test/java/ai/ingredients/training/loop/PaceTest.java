package ai.ingredients.training.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Samples a second and time left, by a clock that is set. */
class PaceTest {
    private long now = 5_000_000_000L;

    private void pass(double seconds) {
        now += (long) (seconds * 1e9);
    }

    @Test
    void thePaceIsThatOfTheLastSteps() {
        Pace pace = new Pace(() -> now);
        assertEquals(0, pace.samplesPerSecond());
        assertEquals(0, pace.secondsFor(100));
        for (int step = 0; step < 100; step++) {
            pass(step < 50 ? 10 : 2);
            pace.step(8);
        }
        assertEquals(4, pace.samplesPerSecond(), 1e-9);
        assertEquals(20, pace.secondsFor(10), 1e-9);
    }

    @Test
    void aPauseDoesNotCount() {
        Pace pace = new Pace(() -> now);
        pass(2);
        pace.step(8);
        pass(1000);
        pace.pause();
        pass(2);
        pace.step(8);
        assertEquals(4, pace.samplesPerSecond(), 1e-9);
    }
}
