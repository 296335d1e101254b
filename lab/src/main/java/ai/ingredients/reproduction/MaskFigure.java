package ai.ingredients.reproduction;

import ai.ingredients.media.Png;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The paper's Figure 7 on cases of the evaluation set: what SAM's masks and the router's labels are at each threshold. */
final class MaskFigure {
    /** Enough pixels for SAM to see a face. */
    private static final int WIDTH = 720;

    private static final int HEIGHT = 480;
    private static final int CASES = 2;

    private MaskFigure() {}

    /**
     * Draws {@code figure-7.png} into {@code folder}.
     *
     * @param weights of Segment Anything
     */
    static FigureResult of(Path weights, EvaluationSet set, Path folder) {
        List<MaskThresholdScene> scenes = new ArrayList<>();
        for (int i = 0; i < Math.min(CASES, set.drawn().size()); i++) {
            scenes.add(MaskThresholdScene.drawn("case " + i, set.cases().script(i), WIDTH, HEIGHT));
        }
        MaskThresholdFigure figure = MaskThresholdFigure.of(weights, RowEvaluation.compute(), scenes);
        Png.write(folder.resolve("figure-7.png"), figure.picture());
        return new FigureResult(
                7,
                "Masks and router labels from the logits of Segment Anything (" + weights.getFileName()
                        + ") at four thresholds.",
                figure.scores().stream().map(MaskThresholdScore::line).toList());
    }
}
