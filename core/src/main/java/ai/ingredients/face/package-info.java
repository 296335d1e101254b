/**
 * From photos to people: finding and aligning faces, the global feature (ArcFace and CLIP), the local feature (hidden
 * states of the CLIP tower) and the reference canvas for the VAE. Paper section 3.2 (facial extractor). Neighbours
 * below: {@code nn}, {@code weights}, {@code media}, {@code tensor}; the transformer may take a {@link
 * ai.ingredients.face.People}.
 */
@NullMarked
package ai.ingredients.face;

import org.jspecify.annotations.NullMarked;
