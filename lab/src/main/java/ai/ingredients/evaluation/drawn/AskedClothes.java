package ai.ingredients.evaluation.drawn;

import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.evaluation.CaseKnowledge.Clothes;
import ai.ingredients.evaluation.faces.Assignment;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Whether each person wears the colour they were asked for, by the faces given to them in all frames. It counts where the
 * prompt tells whose the clothes are: by woman and man, by looks ({@link WhoIsWho}), or else by place, which makes them
 * those of whoever stands there. Of people without a face nothing is said.
 */
final class AskedClothes {
    private final List<Set<Role>> roles;
    private final Light light;
    private final List<Picture> frames;
    private final List<List<FrameFace>> faces;
    private final List<int[]> assigned;

    /**
     * @param who whose which role is
     * @param light that the frames are to show
     * @param faces of each frame
     * @param assigned for each frame, the face of each person or {@link Assignment#NONE}
     */
    AskedClothes(WhoIsWho who, Light light, List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        this.roles = who.roles();
        this.light = light;
        this.frames = frames;
        this.faces = faces;
        this.assigned = assigned;
    }

    /** Of each person. */
    List<Clothes> clothes() {
        List<@Nullable Dye> asked = dyes();
        List<@Nullable Dye> worn = new PersonColours(light).worn(frames, faces, assigned);
        List<Clothes> clothes = new ArrayList<>();
        for (int n = 0; n < asked.size(); n++) {
            Dye own = asked.get(n);
            Dye seen = worn.get(n);
            Set<Dye> others = new HashSet<>();
            for (Dye its : asked) {
                if (own != null && its != null && its != own) {
                    others.add(its);
                }
            }
            boolean known = own != null && seen != null;
            clothes.add(new Clothes(
                    known ? flag(seen == own) : Double.NaN,
                    known && !others.isEmpty() ? flag(others.contains(seen)) : Double.NaN));
        }
        return clothes;
    }

    private static double flag(boolean value) {
        return value ? 1 : 0;
    }

    /** The colour that the prompt gives each person; none where it does not say whose it is. */
    private List<@Nullable Dye> dyes() {
        List<@Nullable Dye> dyes = new ArrayList<>();
        for (int n = 0; n < roles.size(); n++) {
            dyes.add(dye(n));
        }
        return dyes;
    }

    private @Nullable Dye dye(int person) {
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
