package ai.ingredients.studio.guard;

import ai.ingredients.InvalidInputException;

/**
 * How much anybody may ask for.
 *
 * @param bytes of a request
 * @param pixels a photo may claim
 * @param photos of a request
 * @param jobsPerClient videos of a client that have not ended
 * @param videos that one request may ask for
 * @param people in a video
 * @param steps of denoising
 * @param volume pixels of all frames together, as a multiple of what the model was trained for
 * @param watchers streams of events that are open at a time
 * @param prompt letters
 */
public record Limits(
        long bytes,
        long pixels,
        int photos,
        int jobsPerClient,
        int videos,
        int people,
        int steps,
        int volume,
        int watchers,
        int prompt) {
    /** For a machine of one's own. */
    public static final Limits DEFAULT = new Limits(32L << 20, 50_000_000, 8, 100, 8, 8, 200, 4, 400, 4000);

    public Limits {
        if (bytes < 1024 || pixels < 1 || photos < 1 || jobsPerClient < 1) {
            throw new InvalidInputException("the limits are too small for any video: " + bytes + " bytes, " + pixels
                    + " pixels, " + photos + " photos and " + jobsPerClient + " videos of a client");
        }
    }

    /** The same with another number of videos of a client. */
    public Limits withJobsPerClient(int most) {
        return new Limits(bytes, pixels, photos, most, videos, people, steps, volume, watchers, prompt);
    }
}
