package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;

/**
 * Bounds for the sizes that configs state, so that what is computed of them before the weights are looked at neither
 * overflows nor takes memory; whether they are right is for {@link Weights#verify} to say.
 */
public final class Sizes {
    /** Widths, counts and rows of tables: a product of three fits into 64 bits. */
    public static final int MOST = 1 << 20;
    /** Sides of pictures in pixels, or of videos in latents. */
    public static final int LONGEST_SIDE = 1 << 13;

    private Sizes() {}

    /**
     * Refuses a width, count or number of rows that cannot be.
     *
     * @param key what the config calls it
     */
    public static void check(String key, long value) {
        check(key, value, MOST);
    }

    /** As {@link #check(String, long)} with another largest value. */
    public static void check(String key, long value, long most) {
        if (value < 1) {
            throw new InvalidInputException(key + " is " + value + "; it must be at least 1");
        }
        if (value > most) {
            throw new InvalidInputException(key + " is " + value + "; no model has more than " + most);
        }
    }
}
