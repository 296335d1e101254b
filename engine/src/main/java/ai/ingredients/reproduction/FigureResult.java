package ai.ingredients.reproduction;

import java.util.List;

/**
 * A figure that was drawn as {@code figure-N.png}.
 *
 * @param number the paper's
 * @param caption below it
 * @param lines figures in words, for the report
 */
record FigureResult(int number, String caption, List<String> lines) {
    FigureResult {
        lines = List.copyOf(lines);
    }

    static FigureResult of(int number, String caption) {
        return new FigureResult(number, caption, List.of());
    }
}
