/**
 * The command line: one class per verb, thin over the engine. The only place that prints and the only one that ends the
 * process.
 */
@NullMarked
package ai.ingredients.cli;

import org.jspecify.annotations.NullMarked;
