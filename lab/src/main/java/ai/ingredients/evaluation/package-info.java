/**
 * How good a video of several people is: faces found in its frames are matched with the photos one to one, per person,
 * with missing people counted (issue of the paper's protocol: it takes the best pair). Cases come from the drawn world's
 * test split; the recogniser that judges never conditions a model. Paper section 4.
 *
 * <p>Uses the pipeline, the data and cast packages; training reports how good its models are through it.
 */
@NullMarked
package ai.ingredients.evaluation;

import org.jspecify.annotations.NullMarked;
