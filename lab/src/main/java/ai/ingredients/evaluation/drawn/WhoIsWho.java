package ai.ingredients.evaluation.drawn;

import ai.ingredients.cast.CastIdentity;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.Place;
import ai.ingredients.pipeline.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which of the people that a prompt speaks of is which photo's: "a woman in a red coat and a man in a blue shirt" says it
 * of everybody, "two women in red and blue coats" of nobody, and so does "on the left a woman in a red coat and on the
 * right a woman in a blue one": it tells where the red coat is, not whose face is above it.
 *
 * @param roles for each person, in the order of the photos, all roles of the prompt that this person may play: one where
 *     the prompt tells, by being a woman or a man and by looks
 */
record WhoIsWho(List<Set<Role>> roles) {
    WhoIsWho {
        roles = List.copyOf(roles);
    }

    /** Reads it from the prompt and the looks of the photos' people; where they really play is not asked. */
    static WhoIsWho of(CastScript script) {
        List<CastIdentity> people =
                script.parts().stream().map(CastScript.Part::who).toList();
        List<Set<Role>> roles = new ArrayList<>();
        people.forEach(who -> roles.add(new LinkedHashSet<>()));
        give(script.prompt().people(), people, new ArrayList<>(), roles);
        return new WhoIsWho(roles);
    }

    /** The same where of the people {@code named} it is told which role is theirs. */
    WhoIsWho told(CastScript script, IntPredicate named) {
        return new WhoIsWho(IntStream.range(0, roles.size())
                .mapToObj(n -> named.test(n) ? Set.of(script.parts().get(n).role()) : roles.get(n))
                .toList());
    }

    /** Gives roles to one person after the other, in every way that fits, and notes who had which. */
    private static void give(List<Role> left, List<CastIdentity> people, List<Role> given, List<Set<Role>> noted) {
        if (left.isEmpty()) {
            IntStream.range(0, given.size()).forEach(n -> noted.get(n).add(given.get(n)));
            return;
        }
        CastIdentity who = people.get(given.size());
        for (Role role : left) {
            if (role.presentation() == who.presentation()
                    && (role.look() == null || role.look().fits(who))) {
                List<Role> rest = new ArrayList<>(left);
                rest.remove(role);
                given.add(role);
                give(rest, people, given, noted);
                given.removeLast();
            }
        }
    }

    /** Where the prompt says that person {@code n} stands, if it does. */
    @Nullable
    Place place(int n) {
        Set<Place> places = new HashSet<>();
        for (Role role : roles.get(n)) {
            if (role.place() == null) {
                return null;
            }
            places.add(role.place());
        }
        return places.size() == 1 ? places.iterator().next() : null;
    }

    /** The places that the prompt says, of those of whom it does. */
    List<Placement> places() {
        List<Placement> places = new ArrayList<>();
        for (int n = 0; n < roles.size(); n++) {
            Place place = place(n);
            if (place != null) {
                places.add(new Placement(n, region(place, roles.size())));
            }
        }
        return places;
    }

    /** Where a prompt's words for a place are: halves of the frame for two people, thirds otherwise. */
    static Placement.Region region(Place place, int people) {
        double part = 1.0 / Place.of(people).size();
        double left = part * Place.of(people).indexOf(place);
        return new Placement.Region(left, 0, Math.min(1, left + part), 1);
    }

    /** People from left to right; empty where the prompt does not say it of everybody. */
    List<Integer> order() {
        List<Integer> people = IntStream.range(0, roles.size()).boxed().toList();
        return people.stream().anyMatch(n -> place(n) == null)
                ? List.of()
                : people.stream()
                        .sorted(Comparator.comparing(n -> Objects.requireNonNull(place(n))))
                        .toList();
    }
}
