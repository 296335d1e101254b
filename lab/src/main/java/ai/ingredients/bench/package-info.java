/**
 * How fast and how frugal this machine is with a model: kernels against the machine's peak, single parts, whole
 * generations, with weights made on the fly. Uses the models through the doors everybody uses; nothing depends on it.
 */
@NullMarked
package ai.ingredients.bench;

import org.jspecify.annotations.NullMarked;
