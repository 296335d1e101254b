/**
 * The stage {@code decoder}: the autoencoder's decoder learns what the truth looks like in the latents that a trained
 * transformer makes, which are never quite right.
 *
 * <p>{@link ai.ingredients.training.decoder.GuessEncoder} lets the transformer finish clips that were made noisy;
 * {@link ai.ingredients.training.decoder.DecoderStage} learns from its guesses beside the true pictures.
 */
@NullMarked
package ai.ingredients.training.decoder;

import org.jspecify.annotations.NullMarked;
