package ai.ingredients.media;

import java.util.Arrays;

/**
 * A colour picture of 8 bits per channel, in Java memory.
 *
 * <p>Not copied on the way in or out: do not write into {@link #rgb} of a picture that others hold.
 */
public final class Picture {
    private final int width;
    private final int height;
    private final byte[] rgb;

    /**
     * Wraps {@code rgb}.
     *
     * @param width pixels, at least 1
     * @param height pixels, at least 1
     * @param rgb {@code height · width · 3} unsigned bytes, row by row from the top left, red first
     */
    public Picture(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(Math.multiplyExact(width, height), 3)) {
            throw new IllegalArgumentException(
                    rgb.length + " bytes are no picture of " + width + "x" + height + " pixels with 3 bytes each");
        }
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /** A picture of one colour, each channel 0 to 255. */
    public static Picture filled(int width, int height, int red, int green, int blue) {
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new Picture(width, height, rgb);
    }

    /** Pixels in a row. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** The samples themselves, [height, width, 3]. */
    public byte[] rgb() {
        return rgb;
    }

    /** Pixels of the longer side. */
    public int longSide() {
        return Math.max(width, height);
    }

    /** Whether size and every sample are equal. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Picture that
                && width == that.width
                && height == that.height
                && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    /** The size, for instance {@code 720x480 picture}. */
    @Override
    public String toString() {
        return width + "x" + height + " picture";
    }
}
