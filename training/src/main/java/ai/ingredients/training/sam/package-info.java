/**
 * Training of a small Segment Anything on the drawn world, so that masks that label the router can be shown and tried out
 * without the official weights. Uses {@code sam}, the data and the loop. Paper section 3.3, Figure 7.
 */
@NullMarked
package ai.ingredients.training.sam;

import org.jspecify.annotations.NullMarked;
