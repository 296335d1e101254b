package ai.ingredients.reproduction;

import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.ModelVideos;
import ai.ingredients.inspection.Figures;
import ai.ingredients.inspection.RoutingInspector;
import ai.ingredients.inspection.RoutingSheets;
import ai.ingredients.inspection.TokenGrid;
import ai.ingredients.inspection.View;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The paper's Figure 5: who owns what, over blocks and denoising steps, of models trained with and without the routing
 * loss.
 *
 * @param picture the maps of all models beside each other
 * @param figures means over blocks and steps, for each model
 */
record RoutingFigure(Picture picture, List<Figures> figures) {
    private static final int STEPS_SHOWN = 5;

    /**
     * Makes one case's video with each model and draws what the routers did.
     *
     * @param makers by their titles
     */
    static RoutingFigure of(EvaluationCase one, Map<String, ModelVideos> makers, int steps) {
        List<View> views = new ArrayList<>();
        for (Map.Entry<String, ModelVideos> maker : makers.entrySet()) {
            ModelVideos videos = maker.getValue();
            TokenGrid grid = TokenGrid.of(
                    videos.bundle().defaultSize(), videos.bundle().transformer().patchSize());
            RoutingInspector inspector = new RoutingInspector(grid, steps, STEPS_SHOWN, null);
            List<Picture> frames = videos.make(one, inspector);
            int middle = frames.size() / 2;
            List<String> names = new ArrayList<>();
            for (int n = 0; n < one.people().size(); n++) {
                names.add("photo " + (n + 1));
            }
            views.add(new View(maker.getKey(), inspector.inspection(), names, middle, frames.get(middle)));
        }
        return new RoutingFigure(
                RoutingSheets.against(views),
                views.stream().map(view -> view.inspection().mean()).toList());
    }
}
