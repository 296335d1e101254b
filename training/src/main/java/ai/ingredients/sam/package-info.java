/**
 * Segment Anything: masks of what a box, points or an earlier mask point at, and from the masks of face boxes the labels
 * the router learns from. Paper section 3.3 and Figure 7 (router labels). Neighbours below: {@code nn}, {@code weights},
 * {@code media}, {@code tensor}.
 */
@NullMarked
package ai.ingredients.sam;

import org.jspecify.annotations.NullMarked;
