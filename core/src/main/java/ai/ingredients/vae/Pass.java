package ai.ingredients.vae;

import org.bytedeco.pytorch.Tensor;

/**
 * What accompanies one frame batch through all layers.
 *
 * @param cache the frames seen before
 * @param source the batch as it entered: in the decoder the latents [B, C, f, h, w], on which its norms depend
 */
record Pass(FrameCache cache, Tensor source) {}
