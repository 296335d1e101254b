/**
 * Intervals of means: over cases, over cases and seeds, and of figures that only a whole set of videos has. Uses nothing.
 */
@NullMarked
package ai.ingredients.evaluation.statistics;

import org.jspecify.annotations.NullMarked;
