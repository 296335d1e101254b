package ai.ingredients;

import java.util.concurrent.CancellationException;

/**
 * Ends a video from another thread:
 *
 * <pre>{@code
 * Cancellation cancellation = new Cancellation();
 * executor.submit(() -> ingredients.video(prompt).cancelledBy(cancellation).generate());
 * cancellation.cancel();                       // generate() throws a CancellationException
 * }</pre>
 *
 * <p>The video ends within the pass through one or two transformer blocks, or the decoding of a few frames; loading a model
 * and a pass without people are not cut short. One cancellation may be of several videos. Interrupting the thread that
 * makes a video does the same. Thread-safe.
 */
public final class Cancellation {
    private volatile boolean cancelled;

    /** Ends the videos of this cancellation, also those that have not begun. Cannot be taken back. */
    public void cancel() {
        cancelled = true;
    }

    /** Whether {@link #cancel} was called. */
    public boolean cancelled() {
        return cancelled;
    }

    /** Ends the caller's work when it is to end; an interrupt stays noted on the thread. */
    void check() {
        if (cancelled || Thread.currentThread().isInterrupted()) {
            throw new CancellationException("the video was cancelled");
        }
    }
}
