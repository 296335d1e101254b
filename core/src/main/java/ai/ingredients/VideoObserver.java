package ai.ingredients;

import java.time.Duration;

/**
 * Hears of every video of a model, whoever asked for it: what metrics are made of. Called on the thread that made the video,
 * before its caller has it, one call at a time for a model. What it throws reaches the caller.
 *
 * <p>A video that was cancelled while it waited for another one never began and is not told of.
 */
public interface VideoObserver {
    /**
     * A video was made.
     *
     * @param took from its beginning to its last frame, without what it waited for others
     */
    void made(Video video, Duration took);

    /**
     * A video was begun, and is none.
     *
     * @param reason {@link InvalidInputException} for one that cannot be made, {@link
     *     java.util.concurrent.CancellationException} for one that was cancelled, otherwise what went wrong
     * @param took until then
     */
    void failed(RuntimeException reason, Duration took);
}
