package ai.ingredients.evaluation;

import ai.ingredients.data.ClipFormat;
import ai.ingredients.evaluation.faces.Assignment;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.Placement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether each person is where, and in which colour, they were asked for, by the faces given to them in all frames.
 *
 * <ul>
 *   <li>{@code place_right}: the share of the frames with this person, at times for which a place is asked, in which the
 *       middle of the face lies in it.
 *   <li>{@code clothes_right}, {@code clothes_swapped}: see {@link CaseKnowledge.Clothes}.
 * </ul>
 */
public final class AskedOfPeople {
    static final String CLOTHES_SWAPPED = "clothes_swapped";

    /** Frames of a second in videos of models that learned the drawn world. */
    private static final double FPS = ClipFormat.DEFAULT.fps();

    private AskedOfPeople() {}

    /**
     * The figures of each person; NaN for those that do not exist.
     *
     * @param frames of the video
     * @param faces of each frame
     * @param assigned for each frame, the face of each person or {@link Assignment#NONE}
     */
    public static List<Map<String, Double>> figures(
            EvaluationCase one, List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        List<CaseKnowledge.Clothes> clothes =
                CaseKnowledge.clothesOf(one.known(), one.people().size(), frames, faces, assigned);
        List<Map<String, Double>> people = new ArrayList<>();
        for (int n = 0; n < clothes.size(); n++) {
            Map<String, Double> person = new LinkedHashMap<>();
            person.put("place_right", placeRight(one, n, frames, faces, assigned));
            person.put("clothes_right", clothes.get(n).right());
            person.put(CLOTHES_SWAPPED, clothes.get(n).swapped());
            people.add(person);
        }
        return people;
    }

    private static double placeRight(
            EvaluationCase one, int person, List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        int asked = 0;
        int right = 0;
        for (int f = 0; f < frames.size(); f++) {
            int face = assigned.get(f)[person];
            double seconds = f / FPS;
            List<Placement> places = one.places().stream()
                    .filter(place -> place.person() == person && place.holdsAt(seconds))
                    .toList();
            if (face != Assignment.NONE && !places.isEmpty()) {
                Picture frame = frames.get(f);
                FrameFace seen = faces.get(f).get(face);
                double x = Math.clamp((seen.x() + 0.5) / frame.width(), 0, Math.nextDown(1.0));
                double y = Math.clamp((seen.y() + 0.5) / frame.height(), 0, Math.nextDown(1.0));
                asked++;
                right += places.stream().anyMatch(place -> place.region().holds(x, y)) ? 1 : 0;
            }
        }
        return asked == 0 ? Double.NaN : (double) right / asked;
    }
}
