/**
 * Prompts rewritten by a language model that somebody else runs, before a video begins. Neighbours: none below; the front
 * door, the studio and the command line use it.
 */
@NullMarked
package ai.ingredients.refine;

import org.jspecify.annotations.NullMarked;
