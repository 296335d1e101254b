/**
 * The stages {@code base}, {@code faces} and {@code router}: the video transformer learns to denoise, to show the people
 * of the photos, and to tell which token is whose. Paper section 3.4.
 *
 * <p>Begin at {@link ai.ingredients.training.diffusion.DiffusionTraining}, the config.
 * {@link ai.ingredients.training.features.FeatureCache} holds what the frozen models make of every clip;
 * {@link ai.ingredients.training.diffusion.DiffusionStage} learns from it.
 */
@NullMarked
package ai.ingredients.training.diffusion;

import org.jspecify.annotations.NullMarked;
