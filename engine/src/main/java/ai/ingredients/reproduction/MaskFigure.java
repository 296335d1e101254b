package ai.ingredients.reproduction;

import java.nio.file.Path;

/** The paper's Figure 7. */
final class MaskFigure {
    private MaskFigure() {}

    static FigureResult of(ReproductionConfig config, EvaluationSet set, Path folder) {
        throw new UnsupportedOperationException();
    }
}
