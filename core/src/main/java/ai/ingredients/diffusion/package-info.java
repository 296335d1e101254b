/**
 * Diffusion as CogVideoX does it: noise schedule, the samplers, guidance, and the forward process training needs
 * (paper section 3.1). Neighbour below: {@code tensor}.
 */
@NullMarked
package ai.ingredients.diffusion;

import org.jspecify.annotations.NullMarked;
