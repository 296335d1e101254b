/**
 * The layers several models share: linear, normalisations, convolutions, embeddings. Each is a record of its weights
 * with a {@code forward}; a model is built from them by state-dict name. Neighbours below: {@code tensor},
 * {@code weights}.
 */
@NullMarked
package ai.ingredients.nn;

import org.jspecify.annotations.NullMarked;
