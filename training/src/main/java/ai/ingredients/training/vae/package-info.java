/**
 * The {@code vae} stage: a causal 3D autoencoder learns to give videos back. Uses the trainer and the data; nobody
 * but the command line uses it.
 */
@NullMarked
package ai.ingredients.training.vae;

import org.jspecify.annotations.NullMarked;
