/**
 * The stage {@code decoder}: the autoencoder's decoder learns what the truth looks like in the latents that a trained
 * transformer makes, which are never quite right.
 *
 * <p>{@link ai.ingredients.training.features.GuessEncoder} lets the transformer finish clips that were made noisy;
 * {@link ai.ingredients.training.decoder.DecoderStage} learns from its guesses beside the true pictures. Begin at
 * {@link ai.ingredients.training.decoder.DecoderTraining}, the config.
 */
@NullMarked
package ai.ingredients.training.decoder;

import org.jspecify.annotations.NullMarked;
