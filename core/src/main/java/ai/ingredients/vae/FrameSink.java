package ai.ingredients.vae;

import org.bytedeco.pytorch.Tensor;

/** Takes decoded frames as soon as they are there, so that a long video never lies in memory as a whole. */
@FunctionalInterface
public interface FrameSink {
    /**
     * The next frames, in order.
     *
     * @param frames [B, colours, n, H, W] about [-1, 1], not clamped; valid only during the call
     */
    void frames(Tensor frames);

    /**
     * Called after each piece of work, all of about the same size; it does nothing unless overridden.
     *
     * @param done pieces finished, from 1
     * @param total pieces in all: frame batches, times tiles, times videos coded one by one
     */
    default void progress(int done, int total) {}
}
