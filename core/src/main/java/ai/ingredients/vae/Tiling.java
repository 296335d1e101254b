package ai.ingredients.vae;

import ai.ingredients.InvalidInputException;

/**
 * Whether large pictures are coded in overlapping tiles, blended at their seams, to bound memory. The result differs a
 * little from coding in one piece, since each tile has group statistics of its own. Source: {@code enable_tiling} of
 * the reference's {@code AutoencoderKLCogVideoX}.
 *
 * <p>Tiles of a model's own size ({@link #on(VaeConfig)}) begin and overlap at whole latents, so that what they make is
 * exactly as large as what one piece makes, whatever the size of the model; at the official sizes they are the official
 * tiles and seams. {@link Seams#REFERENCE} rounds as the reference does at every size.
 *
 * @param enabled whether to tile pictures that are larger than one tile
 * @param sampleMinHeight tile height in pixels
 * @param sampleMinWidth tile width in pixels
 * @param overlapHeight share of a tile that overlaps the one below, in [0, 1)
 * @param overlapWidth share of a tile that overlaps the one to its right, in [0, 1)
 * @param seams how step and seam are rounded
 */
public record Tiling(
        boolean enabled,
        int sampleMinHeight,
        int sampleMinWidth,
        double overlapHeight,
        double overlapWidth,
        Seams seams) {
    private static final double OVERLAP_HEIGHT = 1.0 / 6;
    private static final double OVERLAP_WIDTH = 1.0 / 5;

    /** How the step from tile to tile and the width of a seam are rounded. */
    public enum Seams {
        /** Both to whole latents; a seam is one latent wide at least. */
        WHOLE_LATENTS,
        /**
         * As the reference: down to whole pixels and whole latents one by one. A tile whose overlap is no whole number of
         * latents decodes to a picture <em>larger</em> than its latents stand for, and may not encode at all. With the
         * default overlaps use heights that are multiples of 48 pixels and widths that are multiples of 40.
         */
        REFERENCE
    }

    public Tiling {
        if (sampleMinHeight < 1 || sampleMinWidth < 1) {
            throw new InvalidInputException(
                    "tile size " + sampleMinWidth + "x" + sampleMinHeight + " is too small; use 240x240 or more");
        }
        if (!(overlapHeight >= 0 && overlapHeight < 1 && overlapWidth >= 0 && overlapWidth < 1)) {
            throw new InvalidInputException("tile overlaps " + overlapHeight + " and " + overlapWidth
                    + " must be at least 0 and below 1; the defaults are 1/6 and 1/5");
        }
    }

    /** Everything in one piece. */
    public static Tiling off(VaeConfig config) {
        return ofModel(false, config);
    }

    /** Tiles half as large as the pictures the model was trained on, overlapping by 1/6 of height and 1/5 of width. */
    public static Tiling on(VaeConfig config) {
        return ofModel(true, config);
    }

    private static Tiling ofModel(boolean enabled, VaeConfig config) {
        return new Tiling(
                enabled,
                Math.max(1, config.sampleHeight() / 2),
                Math.max(1, config.sampleWidth() / 2),
                OVERLAP_HEIGHT,
                OVERLAP_WIDTH,
                Seams.WHOLE_LATENTS);
    }

    /** Tiles of {@code height} x {@code width} pixels with the default overlaps, rounded as the reference does. */
    public static Tiling on(int height, int width) {
        return new Tiling(true, height, width, OVERLAP_HEIGHT, OVERLAP_WIDTH, Seams.REFERENCE);
    }
}
