/**
 * What is let in: addresses, tokens, sizes. Neighbours: {@code store} keeps the hashes of tokens; {@code api} asks before it does
 * anything else.
 */
@NullMarked
package ai.ingredients.studio.guard;

import org.jspecify.annotations.NullMarked;
