package ai.ingredients.reproduction;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The paper's Figure 3: cases below each other, photos and every method's frame side by side. */
final class ComparisonGrid {
    private static final int CELL_WIDTH = 288;
    private static final int CELL_HEIGHT = 192;
    private static final int GAP = 6;

    private ComparisonGrid() {}

    /**
     * Draws the grid.
     *
     * @param cases with equally many photos
     * @param frames for each method, by its title, one frame of each case
     */
    static Picture draw(List<EvaluationCase> cases, Map<String, List<Picture>> frames) {
        List<Picture> cells = new ArrayList<>();
        List<String> captions = new ArrayList<>();
        int columns = 0;
        for (int i = 0; i < cases.size(); i++) {
            EvaluationCase one = cases.get(i);
            int number = 1;
            for (PersonPhoto photo : one.photos()) {
                cells.add(ContactSheet.fitted(photo.picture(), CELL_WIDTH, CELL_HEIGHT));
                captions.add(one.name() + ", photo " + number++);
            }
            for (Map.Entry<String, List<Picture>> method : frames.entrySet()) {
                cells.add(ContactSheet.fitted(method.getValue().get(i), CELL_WIDTH, CELL_HEIGHT));
                captions.add(method.getKey());
            }
            columns = one.photos().size() + frames.size();
        }
        return ContactSheet.captioned(cells, columns, GAP, captions);
    }
}
