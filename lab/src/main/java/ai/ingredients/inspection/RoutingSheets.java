package ai.ingredients.inspection;

import ai.ingredients.inspection.Inspection.Shown;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.RoutingMaps;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** Routing maps on one picture. */
public final class RoutingSheets {
    /** So many frames at most, for them to be seen. */
    private static final int MOST_FRAMES = 8;

    private RoutingSheets() {}

    /**
     * Finds out before any long work whether sheets can be labelled.
     *
     * @throws ai.ingredients.OperationFailedException when this machine has no fonts
     */
    public static void checkFonts() {
        Drawing.checkFonts();
    }

    /** The paper's Figure 5: one frame, a row for each routed block, a column for each step shown. */
    public static Picture blocksAndSteps(View view) {
        return blocksAndSteps(view, "Who owns which token of frame " + view.frame());
    }

    private static Picture blocksAndSteps(View view, String title) {
        Inspection inspection = view.inspection();
        List<Picture> cells = new ArrayList<>();
        Picture frame = View.cell(view.picture());
        for (int block = 0; block < inspection.blocks().size(); block++) {
            for (Shown step : inspection.shown()) {
                RoutingMaps maps = step.blocks().get(block).routing(inspection.grid());
                cells.add(Overlay.TINT.apply(frame, view.frame(), maps));
            }
        }
        List<String> columns = inspection.shown().stream()
                .map(step -> "step " + step.step() + "\nt = " + step.timestep())
                .toList();
        return new CellTable(title, view.notes(), columns, view.blockNames(), cells, CellTable.people(view.people()))
                .draw();
    }

    /** Numbers of frames to show, from all over the video: one for each latent frame, or fewer of them. */
    public static List<Integer> framesToShow(TokenGrid grid) {
        return RoutingInspector.spread(grid.frames(), MOST_FRAMES).stream()
                .map(TokenGrid::lastVideoFrame)
                .toList();
    }

    /**
     * The last step: a row for each routed block, a column for each frame.
     *
     * @param frames by their numbers in the video
     */
    public static Picture blocksAndFrames(View view, SortedMap<Integer, Picture> frames) {
        Inspection inspection = view.inspection();
        Shown last = inspection.shown().getLast();
        List<Picture> cells = new ArrayList<>();
        for (TokenMaps block : last.blocks()) {
            RoutingMaps maps = block.routing(inspection.grid());
            frames.forEach((number, frame) -> cells.add(Overlay.TINT.apply(View.cell(frame), number, maps)));
        }
        List<String> columns =
                frames.keySet().stream().map(number -> "frame " + number).toList();
        return new CellTable(
                        "Who owns which token in step " + last.step() + ", the last",
                        List.of(),
                        columns,
                        view.blockNames(),
                        cells,
                        CellTable.people(view.people()))
                .draw();
    }

    /** Several inspections side by side, for instance of models trained with and without L_route. */
    public static Picture against(List<View> views) {
        return Drawing.beside(
                views.stream().map(view -> blocksAndSteps(view, view.label())).toList());
    }
}
