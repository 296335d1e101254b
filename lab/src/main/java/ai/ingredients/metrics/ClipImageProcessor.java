package ai.ingredients.metrics;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Sizes;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Prepares pictures for CLIP as {@code preprocessor_config.json} says: resize with Pillow's arithmetic, centre crop,
 * bytes times {@code rescale_factor}, then mean and deviation of each channel.
 *
 * <p>Source: {@code CLIPImageProcessor} of transformers 4, which the reference pins, and {@code CLIPImageProcessorPil}
 * of 5. (The new default of 5 resizes in torchvision and is up to one level off.)
 *
 * @param size side that the shorter edge is resized to, pixels
 * @param crop side of the square that is cut out of the middle, pixels; at most {@code size}
 * @param filter how to resize
 * @param rescaleFactor what a byte is multiplied with, usually 1/255
 * @param mean of R, G, B, subtracted after that
 * @param std of R, G, B, divided by last
 */
record ClipImageProcessor(
        int size, int crop, PilFilter filter, double rescaleFactor, List<Double> mean, List<Double> std) {
    private static final List<Double> MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> STD = List.of(0.26862954, 0.26130258, 0.27577711);

    ClipImageProcessor {
        if (crop < 1 || size < crop) {
            throw new InvalidInputException(
                    "crop_size is " + crop + " and size is " + size + "; expected 1 <= crop_size <= size");
        }
        Sizes.check("size", size, Sizes.LONGEST_SIDE);
        if (mean.size() != 3 || std.size() != 3 || std.stream().anyMatch(s -> !(s > 0))) {
            throw new InvalidInputException("image_mean is " + mean + " and image_std is " + std
                    + "; expected three numbers each, for R, G and B, and positive deviations");
        }
    }

    /**
     * Reads {@code preprocessor_config.json} at {@code file}.
     *
     * @throws InvalidInputException when it is unreadable or leaves a step out
     */
    static ClipImageProcessor read(Path file) {
        ConfigReader config = ConfigReader.of(file);
        for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize")) {
            if (!config.flag(step, true)) {
                throw new InvalidInputException(config.source() + ": " + step
                        + " is false; expected the preprocessing of CLIP, which has it true");
            }
        }
        return config.build(() -> new ClipImageProcessor(
                side(config, "size", "shortest_edge"),
                side(config, "crop_size", "height"),
                filter(config),
                config.number("rescale_factor", 1 / 255.0),
                config.numbers("image_mean", MEAN),
                config.numbers("image_std", STD)));
    }

    /** A number, or an object that has it under {@code key}. */
    private static int side(ConfigReader config, String name, String key) {
        if (!config.has(name) || !config.json().path(name).isObject()) {
            return config.integer(name, 224);
        }
        ConfigReader section = config.section(name);
        int side = section.integer(key);
        if (section.has("width") && section.integer("width") != side) {
            throw new InvalidInputException(section.source() + ": width is " + section.integer("width") + " and " + key
                    + " is " + side + "; expected a square");
        }
        return side;
    }

    private static PilFilter filter(ConfigReader config) {
        int code = config.integer("resample", 3);
        return switch (code) { // Pillow's numbers
            case 1 -> PilFilter.LANCZOS;
            case 2 -> PilFilter.BILINEAR;
            case 3 -> PilFilter.BICUBIC;
            default -> throw new InvalidInputException("resample is " + code + "; expected 1, 2 or 3 (CLIP has 3)");
        };
    }

    /** {@code pictures}, of any sizes, as [B, 3, crop, crop] fp32 on the CPU, owned by the innermost scope. */
    Tensor pixels(List<Picture> pictures) {
        float[][] levels = levels();
        float[] pixels = new float[pictures.size() * 3 * crop * crop];
        int at = 0;
        for (Picture picture : pictures) {
            Picture small = resized(picture);
            int left = (small.width() - crop) / 2;
            int top = (small.height() - crop) / 2;
            for (int c = 0; c < 3; c++) {
                for (int y = top; y < top + crop; y++) {
                    for (int x = left; x < left + crop; x++) {
                        pixels[at++] = levels[c][small.rgb()[(y * small.width() + x) * 3 + c] & 0xFF];
                    }
                }
            }
        }
        return Ops.tensor(pixels, pictures.size(), 3, crop, crop);
    }

    private Picture resized(Picture picture) {
        int width = picture.width();
        int height = picture.height();
        long along = (long) ((double) ((long) size * Math.max(width, height)) / Math.min(width, height));
        int longer = Math.toIntExact(along);
        return width <= height
                ? Resampling.pil(picture, size, longer, filter)
                : Resampling.pil(picture, longer, size, filter);
    }

    /** What becomes of each byte in each channel. */
    private float[][] levels() {
        float[][] levels = new float[3][256];
        for (int c = 0; c < 3; c++) {
            float center = mean.get(c).floatValue();
            float deviation = std.get(c).floatValue();
            for (int level = 0; level < 256; level++) {
                levels[c][level] = ((float) (level * rescaleFactor) - center) / deviation;
            }
        }
        return levels;
    }
}
