/**
 * From photos and a prompt to a video: {@link ai.ingredients.pipeline.VideoGenerator} joins text encoder, autoencoder,
 * transformer and scheduler of one checkpoint folder (paper section 3.1, Figure 2). It decides what lives in memory when
 * ({@link ai.ingredients.pipeline.MemoryLevel}), refuses what the model cannot make before any work, and reports progress.
 * Neighbours below: every model package, {@code media}, {@code weights}, {@code tensor}.
 */
@NullMarked
package ai.ingredients.pipeline;

import org.jspecify.annotations.NullMarked;
