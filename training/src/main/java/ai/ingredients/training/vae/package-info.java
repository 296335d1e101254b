/**
 * The {@code vae} stage: a causal 3D autoencoder learns to give videos back. Begin at
 * {@link ai.ingredients.training.vae.VaeTraining}, its config. Uses the loop and the data; the decoder's stage borrows
 * its loss.
 */
@NullMarked
package ai.ingredients.training.vae;

import org.jspecify.annotations.NullMarked;
