package ai.ingredients.training.diffusion;

import ai.ingredients.diffusion.NoiseSchedule;

/**
 * Where diffusion happens.
 *
 * @param schedule of the noise
 * @param scalingFactor of the autoencoder's latents
 */
public record LatentSpace(NoiseSchedule schedule, double scalingFactor) {}
