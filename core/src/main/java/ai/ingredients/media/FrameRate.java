package ai.ingredients.media;

import ai.ingredients.InvalidInputException;

/**
 * Frames per second as an exact fraction, in lowest terms: 8/1, 30000/1001.
 *
 * @param numerator frames, positive
 * @param denominator seconds, positive
 */
public record FrameRate(int numerator, int denominator) {
    /** The rate CogVideoX 1.0 was trained at and the reference writes. */
    public static final FrameRate DEFAULT = new FrameRate(8, 1);

    /** Reduces the fraction; anything but two positive numbers is an {@link InvalidInputException}. */
    public FrameRate {
        if (numerator < 1 || denominator < 1) {
            throw new InvalidInputException(
                    "frame rate " + numerator + "/" + denominator + ": both numbers must be positive, for example 8");
        }
        int divisor = greatestCommonDivisor(numerator, denominator);
        numerator /= divisor;
        denominator /= divisor;
    }

    /** A whole number of frames per second. */
    public static FrameRate of(int framesPerSecond) {
        return new FrameRate(framesPerSecond, 1);
    }

    /**
     * Reads {@code "8"}, {@code "12.5"} (up to three decimals) or {@code "30000/1001"}.
     *
     * @throws InvalidInputException for anything else
     */
    public static FrameRate parse(String text) {
        String trimmed = text.strip();
        if (trimmed.matches("\\d{1,9}")) {
            return of(Integer.parseInt(trimmed));
        }
        if (trimmed.matches("\\d{1,6}\\.\\d{1,3}")) {
            return new FrameRate(Math.toIntExact(Math.round(Double.parseDouble(trimmed) * 1000)), 1000);
        }
        if (trimmed.matches("\\d{1,9}/\\d{1,9}")) {
            String[] parts = trimmed.split("/", 2);
            return new FrameRate(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        }
        throw new InvalidInputException("frame rate \"" + text + "\": use a number such as 8, 12.5 or 30000/1001");
    }

    /** Frames per second, rounded to a double. */
    public double perSecond() {
        return (double) numerator / denominator;
    }

    /** {@code "8"} or {@code "30000/1001"}: what {@link #parse} reads. */
    @Override
    public String toString() {
        return denominator == 1 ? Integer.toString(numerator) : numerator + "/" + denominator;
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
