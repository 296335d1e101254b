/**
 * Downloads of published weights from the Hugging Face hub, into its cache layout or a plain folder. Neighbours: none
 * below; only the command line uses it.
 */
@NullMarked
package ai.ingredients.hub;

import org.jspecify.annotations.NullMarked;
