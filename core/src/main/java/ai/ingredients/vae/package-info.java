/**
 * The 3D causal video autoencoder of CogVideoX: video in [-1, 1] to latents and back, 8x smaller in space and 4x in
 * time (paper section 3.1: "3D VAE"; its features of the reference photos are the "VAE features" of table 2).
 * {@link ai.ingredients.vae.VideoVae} is the way in. Neighbours below: {@code tensor}, {@code weights}; the pipeline
 * above scales the latents and turns frames into bytes.
 */
@NullMarked
package ai.ingredients.vae;

import org.jspecify.annotations.NullMarked;
