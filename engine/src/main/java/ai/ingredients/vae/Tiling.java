package ai.ingredients.vae;

import ai.ingredients.InvalidInputException;

/**
 * Whether large pictures are coded in overlapping tiles, blended at their seams, to bound memory. The result differs a
 * little from coding in one piece, since each tile has group statistics of its own. Source: {@code enable_tiling} of
 * the reference's {@code AutoencoderKLCogVideoX}.
 *
 * <p>The step from tile to tile and the width of a seam are rounded down to whole pixels and whole latents one by one,
 * as the reference does: a tile whose overlap is no whole number of latents decodes to a picture <em>larger</em> than
 * 8x its latents. With the default overlaps use heights that are multiples of 48 pixels and widths that are
 * multiples of 40.
 *
 * @param enabled whether to tile pictures that are larger than one tile
 * @param sampleMinHeight tile height in pixels
 * @param sampleMinWidth tile width in pixels
 * @param overlapHeight share of a tile that overlaps the one below, in [0, 1)
 * @param overlapWidth share of a tile that overlaps the one to its right, in [0, 1)
 */
public record Tiling(
        boolean enabled, int sampleMinHeight, int sampleMinWidth, double overlapHeight, double overlapWidth) {
    private static final double OVERLAP_HEIGHT = 1.0 / 6;
    private static final double OVERLAP_WIDTH = 1.0 / 5;

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
        Tiling on = on(config);
        return new Tiling(false, on.sampleMinHeight, on.sampleMinWidth, on.overlapHeight, on.overlapWidth);
    }

    /** Tiles half as large as the pictures the model was trained on, overlapping by 1/6 of height and 1/5 of width. */
    public static Tiling on(VaeConfig config) {
        return on(config.sampleHeight() / 2, config.sampleWidth() / 2);
    }

    /** Tiles of {@code height} x {@code width} pixels with the default overlaps. */
    public static Tiling on(int height, int width) {
        return new Tiling(true, height, width, OVERLAP_HEIGHT, OVERLAP_WIDTH);
    }
}
