/**
 * The plain layers of {@code torch.nn} that models share: linear, normalisations, 2D convolution. Each is a record of its
 * weights with a {@code forward}; a model is built from them by state-dict name. Layers with the ways of one model, such
 * as the autoencoder's 3D convolution or T5's normalisation, stand in that model's package. Neighbours below:
 * {@code tensor}, {@code weights}.
 */
@NullMarked
package ai.ingredients.nn;

import org.jspecify.annotations.NullMarked;
