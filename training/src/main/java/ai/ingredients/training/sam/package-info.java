/**
 * Training of a small Segment Anything on the drawn world, so that masks that label the router can be shown and tried out
 * without the official weights. Uses sam, cast, data and training's machinery. Paper section 3.3, Figure 7.
 */
@NullMarked
package ai.ingredients.training.sam;

import org.jspecify.annotations.NullMarked;
