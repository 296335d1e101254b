/**
 * Checkpoints: safetensors files, PyTorch pickles (read without executing anything) and sharded Hugging Face folders,
 * all seen as a {@link ai.ingredients.weights.TensorStore}; and {@link ai.ingredients.weights.Weights}, through which
 * models look their parameters up by official state-dict name, strictly. Neighbours below: {@code tensor},
 * {@code io}.
 */
@NullMarked
package ai.ingredients.weights;

import org.jspecify.annotations.NullMarked;
