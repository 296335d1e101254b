package ai.ingredients.media;

import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Made-up clips and the measure they are compared by. */
final class Clips {
    private Clips() {}

    /** Smooth shapes over several octaves with falling energy, drifting: what photographs are to a codec. */
    static List<Picture> natural(int width, int height, int count) {
        return IntStream.range(0, count)
                .mapToObj(t -> naturalFrame(width, height, t))
                .toList();
    }

    private static Picture naturalFrame(int width, int height, int t) {
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double u = (x + 3.0 * t) / 720;
                double v = (y + t) / 480.0;
                double shape = 0;
                for (int octave = 0; octave < 6; octave++) {
                    double f = 4 << octave;
                    shape += Math.pow(0.5, octave)
                            * Math.sin(f * 6.3 * (u + 0.3 * Math.sin(f * v + octave)))
                            * Math.cos(f * 6.3 * (v + 0.2 * octave));
                }
                int i = (y * width + x) * 3;
                rgb[i] = level(128 + 60 * shape);
                rgb[i + 1] = level(110 + 50 * shape + 40 * Math.sin(6 * u));
                rgb[i + 2] = level(100 + 30 * shape + 60 * v);
            }
        }
        return new Picture(width, height, rgb);
    }

    static Picture noise(int width, int height, int seed) {
        byte[] rgb = new byte[width * height * 3];
        new Random(seed).nextBytes(rgb);
        return new Picture(width, height, rgb);
    }

    /** Frames whose brightness tells their number, 0 to 49. */
    static List<Picture> numbered(int width, int height, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Picture.filled(width, height, 5 * i, 5 * i, 5 * i))
                .toList();
    }

    /** The number of a frame of {@link #numbered}. */
    static int number(@Nullable Picture frame) {
        long sum = 0;
        byte[] rgb = Objects.requireNonNull(frame, "no frame").rgb();
        for (byte value : rgb) {
            sum += value & 0xff;
        }
        return Math.round((float) sum / rgb.length / 5);
    }

    /** Peak signal-to-noise ratio over all three channels, in dB. */
    static double psnr(Picture a, Picture b) {
        double sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            double difference = (a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff);
            sum += difference * difference;
        }
        return 10 * Math.log10(255 * 255 / (sum / a.rgb().length));
    }

    /** As {@link #psnr} on brightness, which 4:2:0 keeps in full. */
    static double lumaPsnr(Picture a, Picture b) {
        double sum = 0;
        int pixels = a.rgb().length / 3;
        for (int i = 0; i < pixels; i++) {
            double difference = luma(a.rgb(), i) - luma(b.rgb(), i);
            sum += difference * difference;
        }
        return 10 * Math.log10(255 * 255 / (sum / pixels));
    }

    private static double luma(byte[] rgb, int pixel) {
        int i = pixel * 3;
        return 0.2126 * (rgb[i] & 0xff) + 0.7152 * (rgb[i + 1] & 0xff) + 0.0722 * (rgb[i + 2] & 0xff);
    }

    private static byte level(double value) {
        return (byte) Math.clamp(Math.round(value), 0, 255);
    }
}
