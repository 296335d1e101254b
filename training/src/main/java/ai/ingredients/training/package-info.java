/**
 * Training: clips and a config become weights. {@link ai.ingredients.training.Trainer} is the loop; a
 * {@link ai.ingredients.training.Stage} says what is learned from what.
 *
 * <p>Uses every room below. Paper section 3.4.
 */
@NullMarked
package ai.ingredients.training;

import org.jspecify.annotations.NullMarked;
