package ai.ingredients.media;

import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * How stored pixels are turned or mirrored to be seen upright: the eight ways a rectangle lies on itself, in the order of
 * EXIF's codes 1 to 8.
 */
enum Orientation {
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    HALF_TURN(false, true, true),
    UPSIDE_DOWN(false, false, true),
    TRANSPOSED(true, false, false),
    /** A quarter turn clockwise. */
    CLOCKWISE(true, true, false),
    TRANSVERSE(true, true, true),
    COUNTERCLOCKWISE(true, false, true);

    private final boolean transposes;
    private final boolean mirrorsX;
    private final boolean mirrorsY;

    /** Rows and columns are swapped first, if at all; the mirrors apply to what came of it. */
    Orientation(boolean transposes, boolean mirrorsX, boolean mirrorsY) {
        this.transposes = transposes;
        this.mirrorsX = mirrorsX;
        this.mirrorsY = mirrorsY;
    }

    /** By EXIF's code; anything but 1 to 8 is upright, as everywhere. */
    static Orientation ofExif(int code) {
        return code >= 1 && code <= 8 ? values()[code - 1] : UPRIGHT;
    }

    /**
     * By a display matrix [a b u; c d v; x y w] in the fixed point of mp4, as the ffmpeg program shows it: angles within a
     * degree of a quarter turn, the mirror by the sign of a, c or d. Other angles are ignored.
     *
     * @param counterclockwise its angle in degrees, or NaN
     */
    static Orientation ofMatrix(int[] matrix, double counterclockwise) {
        double clockwise = (-counterclockwise % 360 + 360) % 360;
        int a = matrix[0];
        int c = matrix[3];
        int d = matrix[4];
        if (Math.abs(clockwise - 90) < 1) {
            return c > 0 ? TRANSPOSED : CLOCKWISE;
        }
        if (Math.abs(clockwise - 180) < 1) {
            if (a >= 0) {
                return d < 0 ? UPSIDE_DOWN : UPRIGHT;
            }
            return d < 0 ? HALF_TURN : MIRRORED;
        }
        if (Math.abs(clockwise - 270) < 1) {
            return c < 0 ? TRANSVERSE : COUNTERCLOCKWISE;
        }
        boolean level = clockwise < 1 || clockwise > 359;
        return level && d < 0 ? UPSIDE_DOWN : UPRIGHT;
    }

    /** Whether width and height change places. */
    boolean swapsSides() {
        return transposes;
    }

    /** The upright picture of {@code rgb}, stored as {@code width} x {@code height}. */
    Picture apply(int width, int height, byte[] rgb) {
        if (this == UPRIGHT) {
            return new Picture(width, height, rgb);
        }
        int across = transposes ? height : width;
        int down = transposes ? width : height;
        byte[] upright = new byte[rgb.length];
        for (int y = 0, to = 0; y < down; y++) {
            int turnedY = mirrorsY ? down - 1 - y : y;
            for (int x = 0; x < across; x++, to += 3) {
                int turnedX = mirrorsX ? across - 1 - x : x;
                int from = 3 * (transposes ? turnedX * width + turnedY : turnedY * width + turnedX);
                upright[to] = rgb[from];
                upright[to + 1] = rgb[from + 1];
                upright[to + 2] = rgb[from + 2];
            }
        }
        return new Picture(across, down, upright);
    }

    /** Brings {@code stored} upright, in place where the sides stay. */
    Mat apply(Mat stored) {
        Mat upright = stored;
        if (transposes) {
            upright = new Mat();
            opencv_core.transpose(stored, upright);
            stored.release();
        }
        if (mirrorsX || mirrorsY) {
            opencv_core.flip(upright, upright, mirrorsX && mirrorsY ? -1 : mirrorsX ? 1 : 0);
        }
        return upright;
    }
}
