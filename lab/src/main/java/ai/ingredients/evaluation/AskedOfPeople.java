package ai.ingredients.evaluation;

import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.cast.Place;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Whether each person is where, and in which colour, they were asked for, by the faces given to them in all frames.
 *
 * <ul>
 *   <li>{@code place_right}: the share of the frames with this person, at times for which a place is asked, in which the
 *       middle of the face lies in it.
 *   <li>{@code clothes_right}: 1 when the person wears the colour that the prompt gives this person, else 0. It counts
 *       where the prompt tells whose the clothes are: by woman and man, by looks ({@link WhoIsWho}), or else by place,
 *       which makes them those of whoever stands there. Of people without a face nothing is said.
 *   <li>{@code clothes_swapped}: of the same people, 1 when they wear what is another person's colour and not theirs; only
 *       where somebody else has another colour.
 * </ul>
 */
final class AskedOfPeople {
    static final String PLACE_RIGHT = "place_right";
    static final String CLOTHES_RIGHT = "clothes_right";
    static final String CLOTHES_SWAPPED = "clothes_swapped";

    /** Frames of a second in videos of the drawn world and of models that learned it. */
    private static final double FPS = ClipFormat.DEFAULT.fps();

    private final EvaluationCase one;
    private final List<Picture> frames;
    private final List<List<FrameFace>> faces;
    private final List<int[]> assigned;

    private AskedOfPeople(EvaluationCase one, List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        this.one = one;
        this.frames = frames;
        this.faces = faces;
        this.assigned = assigned;
    }

    /**
     * The figures of each person; NaN for those that do not exist.
     *
     * @param faces of each frame
     * @param assigned for each frame, the face of each person or {@link Assignment#NONE}
     */
    static List<Map<String, Double>> figures(
            EvaluationCase one, List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        return new AskedOfPeople(one, frames, faces, assigned).figures();
    }

    /** Where a prompt's words for a place are: halves of the frame for two people, thirds otherwise. */
    static Placement.Region region(Place place, int people) {
        double part = 1.0 / Place.of(people).size();
        double left = part * Place.of(people).indexOf(place);
        return new Placement.Region(left, 0, Math.min(1, left + part), 1);
    }

    private List<Map<String, Double>> figures() {
        List<@Nullable Dye> asked = dyes();
        EvaluationCase.Drawn drawn = one.drawn();
        List<@Nullable Dye> worn = drawn == null
                ? asked
                : new PersonColours(drawn.script().prompt().light()).worn(frames, faces, assigned);
        List<Map<String, Double>> figures = new ArrayList<>();
        for (int n = 0; n < one.people().size(); n++) {
            Dye own = asked.get(n);
            Dye seen = worn.get(n);
            Set<Dye> others = new HashSet<>();
            for (int other = 0; other < asked.size(); other++) {
                Dye its = asked.get(other);
                if (own != null && its != null && its != own) {
                    others.add(its);
                }
            }
            boolean known = own != null && seen != null;
            Map<String, Double> person = new LinkedHashMap<>();
            person.put(PLACE_RIGHT, placeRight(n));
            person.put(CLOTHES_RIGHT, known ? flag(seen == own) : Double.NaN);
            person.put(CLOTHES_SWAPPED, known && !others.isEmpty() ? flag(others.contains(seen)) : Double.NaN);
            figures.add(person);
        }
        return figures;
    }

    private static double flag(boolean value) {
        return value ? 1 : 0;
    }

    private double placeRight(int person) {
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

    /** The colour that the prompt gives each person; none where it does not say whose it is. */
    private List<@Nullable Dye> dyes() {
        EvaluationCase.Drawn drawn = one.drawn();
        List<@Nullable Dye> dyes = new ArrayList<>();
        for (int n = 0; n < one.people().size(); n++) {
            dyes.add(drawn == null ? null : dye(WhoIsWho.of(drawn.script()).roles(), n));
        }
        return dyes;
    }

    private @Nullable Dye dye(List<Set<Role>> roles, int person) {
        Set<Dye> possible = new HashSet<>();
        roles.get(person).forEach(role -> possible.add(role.garment().colour()));
        if (possible.size() == 1) {
            return possible.iterator().next();
        }
        List<Role> alike = new ArrayList<>(roles.get(person));
        List<Integer> people = IntStream.range(0, roles.size())
                .filter(n -> roles.get(n).equals(roles.get(person)))
                .boxed()
                .toList();
        if (alike.stream().anyMatch(role -> role.place() == null)
                || people.size() != alike.size()
                || people.stream().anyMatch(n -> Double.isNaN(x(n)))) {
            return null;
        }
        alike.sort(Comparator.comparing(role -> Objects.requireNonNull(role.place())));
        long left = people.stream().filter(n -> x(n) < x(person)).count();
        return alike.get((int) left).garment().colour();
    }

    /** The middle of a person's faces over the video; NaN without any. */
    private double x(int person) {
        return IntStream.range(0, faces.size())
                .filter(f -> assigned.get(f)[person] != Assignment.NONE)
                .mapToDouble(f -> faces.get(f).get(assigned.get(f)[person]).x())
                .average()
                .orElse(Double.NaN);
    }
}
