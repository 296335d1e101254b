package ai.ingredients.cast;

/** Arithmetic with colours as {@code 0xRRGGBB}. */
final class Colours {
    private Colours() {}

    static int of(double red, double green, double blue) {
        return channel(red) << 16 | channel(green) << 8 | channel(blue);
    }

    private static int channel(double value) {
        return (int) Math.clamp(value + 0.5, 0, 255);
    }

    static int red(int rgb) {
        return rgb >> 16 & 0xff;
    }

    static int green(int rgb) {
        return rgb >> 8 & 0xff;
    }

    static int blue(int rgb) {
        return rgb & 0xff;
    }

    /** {@code from} for 0, {@code to} for 1. */
    static int blend(int from, int to, double share) {
        return of(
                red(from) + (red(to) - red(from)) * share,
                green(from) + (green(to) - green(from)) * share,
                blue(from) + (blue(to) - blue(from)) * share);
    }

    static int darker(int rgb, double share) {
        return blend(rgb, 0x1a1024, share);
    }

    static int lighter(int rgb, double share) {
        return blend(rgb, 0xffffff, share);
    }

    static double luminance(int rgb) {
        return (0.299 * red(rgb) + 0.587 * green(rgb) + 0.114 * blue(rgb)) / 255;
    }

    /** How different two colours look, 0 to 1: a weighted root of squares, 1 from half of black to white on. */
    static double distance(int a, int b) {
        double red = red(a) - red(b);
        double green = green(a) - green(b);
        double blue = blue(a) - blue(b);
        return Math.min(1, Math.sqrt((0.3 * red * red + 0.59 * green * green + 0.2 * blue * blue) / 1.09) / 110);
    }
}
