package ai.ingredients.data;

import ai.ingredients.InvalidInputException;

/**
 * Clips by number. The same number always gives the same clip, so a run that stopped goes on at the exact sample.
 *
 * <p>Thread-safe: clips are made on loader threads.
 */
public interface ClipSource {
    /** What it is, for messages and for the keys of caches; two sources with other clips have other names. */
    String name();

    /** How many clips there are. */
    long size();

    /** People in clip {@code index}, without making the clip: batches hold clips with equally many people. */
    int people(long index);

    /**
     * What a prompt for clip {@code index} would say.
     *
     * @throws InvalidInputException when the clip is broken, naming its file
     */
    default String caption(long index) {
        return clip(index).caption();
    }

    /**
     * Makes or reads a clip.
     *
     * @param index 0 … size − 1
     * @throws InvalidInputException when the clip is broken, naming its file; callers skip and count it
     */
    Clip clip(long index);
}
