/**
 * The paper's tables and figures on the drawn world, as one program: trains what every row needs, makes and judges its
 * videos, and writes our numbers beside the paper's.
 *
 * <p>{@link ai.ingredients.reproduction.Reproduction} is the way in. Uses everything below; nothing but the command line
 * depends on it. Paper sections 4.2 to 4.4, method §4.
 */
@NullMarked
package ai.ingredients.reproduction;

import org.jspecify.annotations.NullMarked;
