/**
 * Clips to train and evaluate on: videos with captions, photos of the people in them, and where each person is in each
 * frame. A {@link ai.ingredients.data.ClipSource} hands clips out by number, from a folder or drawn on the spot.
 *
 * <p>Uses media and the face records; knows nothing of training. Paper section 3.4.
 */
@NullMarked
package ai.ingredients.data;

import org.jspecify.annotations.NullMarked;
