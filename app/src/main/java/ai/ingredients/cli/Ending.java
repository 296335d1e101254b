package ai.ingredients.cli;

import ai.ingredients.io.Unfinished;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/**
 * The end of the process, the same for a finished command, a failed one and a signal: unfinished files go, the streams
 * are flushed, and the system takes the process down where it stands.
 *
 * <p>{@link System#exit} would run the destructors of all native libraries while other threads are still inside them,
 * loading one, say, or computing: a crash in one to three of a hundred runs that end early.
 */
final class Ending {
    /** Set while the JVM records what starts faster (the launcher's AOT cache), which it writes in its own end. */
    private static final String RECORDING = "ingredients.recording";

    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private Ending() {}

    /** From now on SIGINT, SIGTERM and SIGHUP end the process with 128 plus their number; ignored ones stay ignored. */
    static void onSignals() {
        for (String name : List.of("INT", "TERM", "HUP")) {
            try {
                Signal.handle(new Signal(name), signal -> end(128 + signal.getNumber()));
            } catch (IllegalArgumentException e) {
                continue; // the JVM was told to leave this signal alone, or the system has none of that name
            }
        }
    }

    /** Ends the process. Whoever calls this second waits for the first. */
    static void end(int code) {
        if (!BEGUN.compareAndSet(false, true)) {
            waitForTheEnd();
        }
        Unfinished.removeAll();
        System.err.flush();
        System.out.flush();
        if (!Boolean.getBoolean(RECORDING)) {
            endNow(code);
        }
        System.exit(code);
    }

    /** Neither shutdown hooks nor destructors run. Returns where the system has no such call. */
    private static void endNow(int code) {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> exit = linker.defaultLookup().find("_exit");
        if (exit.isEmpty()) {
            return;
        }
        try {
            linker.downcallHandle(exit.get(), FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
                    .invokeExact(code);
        } catch (Throwable e) {
            throw new IllegalStateException("the process could not be ended", e);
        }
    }

    private static void waitForTheEnd() {
        while (true) {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                continue; // nothing is left to be done in this thread
            }
        }
    }
}
