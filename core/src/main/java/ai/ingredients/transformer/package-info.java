/**
 * The video transformer with identities: CogVideoX's diffusion transformer (2B, 5B and 5B-I2V layouts, and those of 1.5,
 * which know no identities), the facial extractor that turns a face's features into query tokens, the identity
 * cross-attention, and the router that decides which person owns which video token (paper sections 3.2 and 3.3).
 *
 * <p>{@link ai.ingredients.transformer.VideoTransformer} is the model; everything that does not depend on the timestep
 * is computed once per video into {@link ai.ingredients.transformer.IdentityContext}. Neighbours below: {@code nn},
 * {@code weights}, {@code tensor}.
 */
@NullMarked
package ai.ingredients.transformer;

import org.jspecify.annotations.NullMarked;
