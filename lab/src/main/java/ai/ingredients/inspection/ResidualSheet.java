package ai.ingredients.inspection;

import ai.ingredients.inspection.CellTable.Key;
import ai.ingredients.inspection.Inspection.Shown;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;

/** How much the identity modules add to the hidden states, as colours. */
public final class ResidualSheet {
    /** From nothing to the most: what is brighter is more, also without colours. */
    private static final int[] SCALE = {0x120838, 0x5a1a6e, 0xb53467, 0xee7b4d, 0xfbe38a};

    private static final int KEYS = 5;
    private static final int CELL_HEIGHT = 24;
    private static final int WIDTH = 720;
    private static final int WIDEST_CELL = 96;
    /** Pixels that a step's number needs. */
    private static final int NUMBER = 28;

    private ResidualSheet() {}

    /**
     * Above, a row for each routed block, a column for each step of the generation: means over all tokens. Below, the
     * steps shown: the tokens of one frame.
     */
    public static Picture of(View view) {
        return Drawing.below(List.of(steps(view), tokens(view)));
    }

    private static Picture steps(View view) {
        Inspection inspection = view.inspection();
        int count = inspection.steps().size();
        int width = Math.clamp(WIDTH / count, 2, WIDEST_CELL);
        double most = inspection.steps().stream()
                .flatMap(step -> step.blocks().stream())
                .mapToDouble(Figures::residual)
                .max()
                .orElse(0);
        List<Picture> cells = new ArrayList<>();
        for (int block = 0; block < inspection.blocks().size(); block++) {
            for (Inspection.Step step : inspection.steps()) {
                int rgb = colour(step.blocks().get(block).residual() / most);
                cells.add(Picture.filled(width, CELL_HEIGHT, rgb >> 16, rgb >> 8 & 0xff, rgb & 0xff));
            }
        }
        int every = Math.ceilDiv(NUMBER, width);
        List<String> columns = inspection.steps().stream()
                .map(step -> step.step() % every == 0 ? String.valueOf(step.step()) : "")
                .toList();
        return new CellTable(
                        "Identity residual / hidden state",
                        List.of("mean over all tokens, by step"),
                        columns,
                        view.blockNames(),
                        cells,
                        keys(most))
                .draw();
    }

    private static Picture tokens(View view) {
        Inspection inspection = view.inspection();
        TokenGrid grid = inspection.grid();
        int first = TokenGrid.latentFrame(view.frame()) * grid.rows() * grid.columns();
        Picture size = View.cell(view.picture());
        double most = 0;
        for (Shown step : inspection.shown()) {
            for (TokenMaps block : step.blocks()) {
                float[] values = block.residualValues();
                for (int v = first; v < first + grid.rows() * grid.columns(); v++) {
                    most = Math.max(most, values[v]);
                }
            }
        }
        List<Picture> cells = new ArrayList<>();
        for (int block = 0; block < inspection.blocks().size(); block++) {
            for (Shown step : inspection.shown()) {
                cells.add(heat(step.blocks().get(block).residualValues(), first, grid, size, most));
            }
        }
        List<String> columns =
                inspection.shown().stream().map(step -> "step " + step.step()).toList();
        String title = "The same by token, in frame " + view.frame();
        return new CellTable(title, List.of(), columns, view.blockNames(), cells, keys(most)).draw();
    }

    private static Picture heat(float[] values, int first, TokenGrid grid, Picture size, double most) {
        byte[] rgb = new byte[size.rgb().length];
        for (int y = 0; y < size.height(); y++) {
            for (int x = 0; x < size.width(); x++) {
                int row = y * grid.rows() / size.height();
                int column = x * grid.columns() / size.width();
                int colour = colour(values[first + row * grid.columns() + column] / most);
                int at = (y * size.width() + x) * 3;
                rgb[at] = (byte) (colour >> 16);
                rgb[at + 1] = (byte) (colour >> 8);
                rgb[at + 2] = (byte) colour;
            }
        }
        return new Picture(size.width(), size.height(), rgb);
    }

    private static List<Key> keys(double most) {
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            double part = (double) i / (KEYS - 1);
            keys.add(new Key(colour(part), View.amount(part * most)));
        }
        return keys;
    }

    /** The colour of a part of the most, 0 to 1; of nothing where all is nothing. */
    static int colour(double part) {
        double at = (Double.isNaN(part) ? 0 : Math.clamp(part, 0.0, 1.0)) * (SCALE.length - 1);
        int below = Math.min(SCALE.length - 2, (int) at);
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = SCALE[below] >> shift & 0xff;
            int to = SCALE[below + 1] >> shift & 0xff;
            rgb |= (int) Math.round(from + (to - from) * (at - below)) << shift;
        }
        return rgb;
    }
}
