package ai.ingredients.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C, a polite kill and a terminal that closes while something runs that should end in order: the first one is noted,
 * the next one ends the process as if this were not there. A closing terminal alone is told more than once, by the shell and
 * by the system, and never counts as the next one.
 *
 * <p>The end of the process removes unfinished files, a checkpoint being written among them.
 */
final class Interrupts implements AutoCloseable {
    private static final String HANGUP = "HUP";

    private final List<Map.Entry<Signal, SignalHandler>> before = new ArrayList<>();
    private volatile boolean happened;

    /** @param first run when the first signal arrives */
    Interrupts(Runnable first) {
        for (String name : List.of("INT", "TERM", HANGUP)) {
            Signal signal = new Signal(name);
            try {
                before.add(Map.entry(signal, Signal.handle(signal, caught -> {
                    if (happened && !name.equals(HANGUP)) {
                        close();
                        Signal.raise(signal);
                    } else if (!happened) {
                        happened = true;
                        first.run();
                    }
                })));
            } catch (IllegalArgumentException e) {
                happened = false; // the JVM was told to leave this signal alone: then it ends the process at once
            }
        }
    }

    /** Whether there was a signal. */
    boolean happened() {
        return happened;
    }

    @Override
    public void close() {
        before.forEach(entry -> Signal.handle(entry.getKey(), entry.getValue()));
    }
}
