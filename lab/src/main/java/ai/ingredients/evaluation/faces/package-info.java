/**
 * Whose face is it: faces are found in frames, embedded, and matched with the photos one to one, missing people counted;
 * beside it the paper's protocol, which takes the best pair. Anybody's videos and photos; the recogniser that judges never
 * conditions a model. Paper section 4. Uses face, data and metrics.
 */
@NullMarked
package ai.ingredients.evaluation.faces;

import org.jspecify.annotations.NullMarked;
