package ai.ingredients.reproduction;

import java.util.List;

/**
 * A figure that was drawn as {@code figure-N.png}, or what kept it from being drawn.
 *
 * @param number the paper's
 * @param caption below it
 * @param lines figures in words, for the report
 * @param drawn whether there is a picture
 */
record FigureResult(int number, String caption, List<String> lines, boolean drawn) {
    FigureResult {
        lines = List.copyOf(lines);
    }

    FigureResult(int number, String caption, List<String> lines) {
        this(number, caption, lines, true);
    }

    static FigureResult of(int number, String caption) {
        return new FigureResult(number, caption, List.of());
    }

    /** @param why it could not be drawn */
    static FigureResult missing(int number, String why) {
        return new FigureResult(number, "Not drawn: " + why + ".", List.of(), false);
    }
}
