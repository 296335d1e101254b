/**
 * Looking into a generation: which person every router gave every video token to, over blocks, denoising steps and frames
 * (the paper's Figure 5), how sure it was, and how much the identity modules added.
 * {@link ai.ingredients.inspection.RoutingInspector} watches, {@link ai.ingredients.inspection.Inspection} is what it saw,
 * {@link ai.ingredients.inspection.InspectionFolder} keeps it, the sheets and overlays show it;
 * {@link ai.ingredients.inspection.VideoComparison} puts videos side by side. Neighbours below: {@code pipeline},
 * {@code media}.
 */
@NullMarked
package ai.ingredients.inspection;

import org.jspecify.annotations.NullMarked;
