/**
 * Ingredients for the JVM: photos of several people and a prompt become a video in which each of them appears.
 *
 * <p>Data walks through the packages in one direction: {@code tensor → weights → nn → media, text, vae, face, diffusion,
 * transformer → pipeline}. This root package is the front door: {@link ai.ingredients.Ingredients} opens a model and makes
 * videos with it, without a native object in sight. It also holds the two exceptions that every layer may throw.
 *
 * <p>Source: <em>Ingredients: Blending Custom Photos with Video Diffusion Transformers</em>, arXiv 2501.01790.
 */
@NullMarked
package ai.ingredients;

import org.jspecify.annotations.NullMarked;
