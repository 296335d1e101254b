package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;

/**
 * The size of a video.
 *
 * @param frames video frames, not latent frames
 * @param height pixels
 * @param width pixels
 * @param pixelsPerLatent along height and width, as the model's autoencoder has it
 */
public record VideoSize(int frames, int height, int width, int pixelsPerLatent) {
    /** Video frames per latent frame. */
    public static final int FRAMES_PER_LATENT = 4;
    /** The autoencoder decodes two latent frames at a time after the first: only odd counts give 4(f−1)+1 frames. */
    private static final int FRAME_STEP = 2 * FRAMES_PER_LATENT;
    /** Pixels per latent of every published model. */
    public static final int PIXELS_PER_LATENT = 8;

    /** A size for models with 8 pixels per latent. */
    public VideoSize(int frames, int height, int width) {
        this(frames, height, width, PIXELS_PER_LATENT);
    }

    /** Another size for the same model. */
    public VideoSize with(int otherFrames, int otherHeight, int otherWidth) {
        return new VideoSize(otherFrames, otherHeight, otherWidth, pixelsPerLatent);
    }

    /** Latent frames f. */
    public int latentFrames() {
        return (frames - 1) / FRAMES_PER_LATENT + 1;
    }

    public int latentHeight() {
        return height / pixelsPerLatent;
    }

    public int latentWidth() {
        return width / pixelsPerLatent;
    }

    /**
     * Refuses sizes the model cannot make.
     *
     * @param patchSize side of the transformer's patches, in latents
     * @throws InvalidInputException naming the nearest valid values
     */
    public VideoSize checked(int patchSize) {
        if (frames < 1 || (frames - 1) % FRAME_STEP != 0) {
            throw new InvalidInputException("`frames` " + frames + " cannot be made: the autoencoder makes "
                    + FRAME_STEP + "k+1 frames; use " + nearest(frames - 1, FRAME_STEP, 0, 1));
        }
        int multiple = pixelsPerLatent * patchSize;
        checkSide("height", height, multiple);
        checkSide("width", width, multiple);
        return this;
    }

    private static void checkSide(String field, int pixels, int multiple) {
        if (pixels < multiple || pixels % multiple != 0) {
            throw new InvalidInputException(
                    "`" + field + "` " + pixels + " cannot be made: pixels come in multiples of " + multiple + "; use "
                            + nearest(pixels, multiple, multiple, 0));
        }
    }

    /** The multiples of {@code step} around {@code value}, not below {@code least}, each plus {@code shift}. */
    private static String nearest(int value, int step, int least, int shift) {
        int below = Math.floorDiv(value, step) * step;
        return below < least ? String.valueOf(least + shift) : (below + shift) + " or " + (below + step + shift);
    }

    @Override
    public String toString() {
        return frames + (frames == 1 ? " frame of " : " frames of ") + width + "x" + height;
    }
}
