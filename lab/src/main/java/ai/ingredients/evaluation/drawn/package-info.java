/**
 * Cases of the drawn world's test split, and what is known of them: the right video, who wears what, what was asked. Judging
 * anybody's videos loads nothing of this.
 */
@NullMarked
package ai.ingredients.evaluation.drawn;

import org.jspecify.annotations.NullMarked;
