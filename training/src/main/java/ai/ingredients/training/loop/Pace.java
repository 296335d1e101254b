package ai.ingredients.training.loop;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/** How fast a run goes: over its last steps, so that pauses for validation are soon forgotten. Not thread-safe. */
final class Pace {
    private static final int STEPS = 50;

    private final LongSupplier nanoTime;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private long paused; // nanoseconds in all

    /** Samples done in total at a moment. */
    private record Mark(long nanos, long samples) {}

    /** @param nanoTime {@code System::nanoTime} */
    Pace(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        marks.add(new Mark(now(), 0));
    }

    /** A step is done. */
    void step(long samples) {
        marks.addLast(new Mark(now(), marks.getLast().samples() + samples));
        if (marks.size() > STEPS + 1) {
            marks.removeFirst();
        }
    }

    /** The time since the last step does not count: something else was done. */
    void pause() {
        paused = nanoTime.getAsLong() - marks.getLast().nanos();
    }

    private long now() {
        return nanoTime.getAsLong() - paused;
    }

    /** Over the last steps; 0 before the first. */
    double samplesPerSecond() {
        double seconds = seconds();
        return seconds == 0 ? 0 : (marks.getLast().samples() - marks.getFirst().samples()) / seconds;
    }

    /** What {@code steps} more will take at this pace; 0 before the first. */
    double secondsFor(long steps) {
        int done = marks.size() - 1;
        return done == 0 ? 0 : seconds() / done * steps;
    }

    private double seconds() {
        return (marks.getLast().nanos() - marks.getFirst().nanos()) / 1e9;
    }
}
