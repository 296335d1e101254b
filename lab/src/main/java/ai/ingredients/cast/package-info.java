/**
 * Cast, a drawn world of people: where faces to train and test on come from when no real ones can be had or shipped.
 * {@link ai.ingredients.cast.CastSource} hands out clips of one to three characters, photos of the same characters at
 * other moments, and the truth about who is where, all drawn from a seed.
 *
 * <p>A character is a {@link ai.ingredients.cast.CastIdentity}, what happens is a {@link ai.ingredients.cast.CastPrompt};
 * both know the {@link ai.ingredients.data.Split} they belong to. Everything else here draws. Uses data, media and the
 * face records; knows nothing of training.
 */
@NullMarked
package ai.ingredients.cast;

import org.jspecify.annotations.NullMarked;
