/**
 * The models and formulas behind the paper's tables (section 4): CLIP for how well frames fit the prompt, Inception-v3
 * and the Fréchet distance for how natural faces look. {@link ai.ingredients.metrics.PaperMetrics} repeats the official
 * metric scripts with all they do wrong, for comparable numbers; {@link ai.ingredients.metrics.ClipScore} and
 * {@link ai.ingredients.metrics.FrechetDistance} are the sound ones. Neighbours below: {@code nn}, {@code media},
 * {@code weights}, {@code tensor}.
 */
@NullMarked
package ai.ingredients.metrics;

import org.jspecify.annotations.NullMarked;
