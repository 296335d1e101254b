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

    /** Draws {@code figure-7.png} into {@code folder}. */
    static FigureResult of(ReproductionConfig config, EvaluationSet set, Path folder) {
        List<MaskThresholdScene> scenes = new ArrayList<>();
        for (int i = 0; i < Math.min(CASES, config.count()); i++) {
            scenes.add(MaskThresholdScene.drawn("case " + i, set.cases().script(i), WIDTH, HEIGHT));
        }
        MaskThresholdFigure figure = MaskThresholdFigure.of(config.sam(), RowEvaluation.compute(), scenes);
        Png.write(folder.resolve("figure-7.png"), figure.picture());
        return new FigureResult(
                7,
                "Masks and router labels from the logits of " + config.sam().getFileName() + " at four thresholds.",
                figure.scores().stream().map(MaskThresholdScore::line).toList());
    }
}
