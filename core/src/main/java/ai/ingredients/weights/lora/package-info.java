/**
 * Low-rank adapters (LoRA, arXiv 2106.09685) for a model's weights: {@link ai.ingredients.weights.lora.LoraFile} knows the
 * names that PEFT, diffusers, kohya and our own training write, {@link ai.ingredients.weights.lora.LoraAdapters} finds the
 * matrices they are for, or says what would fit, and adds them: merged into the weights as these are read, or beside them.
 * Neighbours below: {@code weights}, {@code tensor}, {@code io}.
 */
@NullMarked
package ai.ingredients.weights.lora;

import org.jspecify.annotations.NullMarked;
