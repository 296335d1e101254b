/**
 * What frozen models make of clips, kept on disk: latents, captions' embeddings and identities for the transformer
 * ({@link ai.ingredients.training.features.ClipEncoder}), the transformer's guesses for the decoder
 * ({@link ai.ingredients.training.features.GuessEncoder}), and clips as a model shows them for networks that look at a
 * model's videos ({@link ai.ingredients.training.features.DecodedConfig}).
 *
 * <p>Several stages learn from them; knows none. Uses {@code training.loop} and the models.
 */
@NullMarked
package ai.ingredients.training.features;

import org.jspecify.annotations.NullMarked;
