/**
 * The stage {@code inversion}: textual inversion, the baseline of the paper that shows a person without any face encoder.
 * A word's vectors are learned from one person's photos and clips, everything else is frozen.
 *
 * <p>{@link ai.ingredients.data.Subject} is who is learned;
 * {@link ai.ingredients.training.inversion.InversionStage} learns, on
 * {@link ai.ingredients.training.inversion.FrozenModels}. Begin at
 * {@link ai.ingredients.training.inversion.InversionTraining}, the config. The result is a file of
 * {@link ai.ingredients.text.LearnedWord}.
 */
@NullMarked
package ai.ingredients.training.inversion;

import org.jspecify.annotations.NullMarked;
