/**
 * Evaluation of videos of several people: cases, makers of videos, and the run that judges them. Below it four rooms:
 * {@code faces} (whose face is it), {@code statistics}, {@code report}, and {@code drawn}, the drawn world's cases, which
 * nothing here depends on. Paper section 4.
 */
@NullMarked
package ai.ingredients.evaluation;

import org.jspecify.annotations.NullMarked;
