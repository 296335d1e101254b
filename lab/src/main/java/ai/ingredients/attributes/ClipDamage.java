package ai.ingredients.attributes;

import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.OpenCvFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a video autoencoder and a video model do to a clip, or might: blur in space and over time, noise, slightly other
 * colours, and sides exchanged, which changes no attribute. A judge that learned only from clean drawings would see little
 * else than the damage in generated videos.
 *
 * @param smallest least size of a frame that is reduced and enlarged again, as a share of its own
 * @param smear most share of a frame that its neighbours replace
 * @param noise largest standard deviation, in steps of 1/255
 * @param colour largest change of brightness and contrast, as a share
 */
record ClipDamage(double smallest, double smear, double noise, double colour) {
    /** From untouched to worse than a good model's. */
    static final ClipDamage USUAL = new ClipDamage(0.35, 0.6, 10, 0.06);
    /** For what a model has damaged already. */
    static final ClipDamage LITTLE = new ClipDamage(0.7, 0, 4, 0.04);

    /** {@code frames} after something happened to them, in their size. */
    List<Picture> apply(List<Picture> frames, SplittableRandom random) {
        double scale = random.nextBoolean() ? 1 : smallest + (1 - smallest) * random.nextDouble();
        double share = random.nextBoolean() ? 0 : smear * random.nextDouble();
        double deviation = noise * random.nextDouble() * random.nextDouble();
        double contrast = 1 + colour * (2 * random.nextDouble() - 1);
        double brightness = 128 * colour * (2 * random.nextDouble() - 1);
        boolean mirrored = random.nextBoolean();
        List<Picture> damaged = new ArrayList<>();
        for (int f = 0; f < frames.size(); f++) {
            byte[] before = frames.get(Math.max(0, f - 1)).rgb();
            byte[] own = frames.get(f).rgb();
            byte[] after = frames.get(Math.min(frames.size() - 1, f + 1)).rgb();
            int width = frames.get(f).width();
            byte[] rgb = new byte[own.length];
            for (int i = 0; i < rgb.length; i++) {
                int pixel = i / 3;
                int from = mirrored ? 3 * (pixel + width - 1 - 2 * (pixel % width)) + i % 3 : i;
                double value =
                        (1 - share) * (own[from] & 0xFF) + share / 2 * ((before[from] & 0xFF) + (after[from] & 0xFF));
                value = (value - 128) * contrast + 128 + brightness + deviation * normalish(random, deviation);
                rgb[i] = (byte) Math.clamp(Math.round(value), 0, 255);
            }
            damaged.add(blurred(new Picture(width, frames.get(f).height(), rgb), scale));
        }
        return damaged;
    }

    /** About standard normal: the sum of four bytes of one draw. */
    private static double normalish(SplittableRandom random, double deviation) {
        if (deviation < 0.5) {
            return 0; // would be rounded away
        }
        int bits = random.nextInt();
        int sum = (bits & 0xFF) + (bits >> 8 & 0xFF) + (bits >> 16 & 0xFF) + (bits >>> 24);
        return (sum - 510) / 147.8;
    }

    private static Picture blurred(Picture frame, double scale) {
        if (scale > 0.95) {
            return frame;
        }
        int width = Math.max(8, (int) Math.round(frame.width() * scale));
        int height = Math.max(8, (int) Math.round(frame.height() * scale));
        Picture small = Resampling.openCv(frame, width, height, OpenCvFilter.AREA);
        return Resampling.openCv(small, frame.width(), frame.height(), OpenCvFilter.CUBIC);
    }
}
