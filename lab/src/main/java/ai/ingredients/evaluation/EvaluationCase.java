package ai.ingredients.evaluation;

import ai.ingredients.cast.CastScript;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.pipeline.Placement;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Photos and a prompt to make a video of.
 *
 * @param index among the cases
 * @param name in reports
 * @param caption what should happen
 * @param people names of the people, unique
 * @param photos one of each, in the same order
 * @param order of the people from left to right, as indices, where it is said; empty where it is not
 * @param places where people are asked to be, by the prompt or beside it
 * @param drawn what is known of a case of the drawn world
 */
public record EvaluationCase(
        int index,
        String name,
        String caption,
        List<String> people,
        List<PersonPhoto> photos,
        List<Integer> order,
        List<Placement> places,
        @Nullable Drawn drawn) {
    public EvaluationCase {
        people = List.copyOf(people);
        photos = List.copyOf(photos);
        order = List.copyOf(order);
        places = List.copyOf(places);
        if (people.size() != photos.size() || people.isEmpty()) {
            throw new IllegalArgumentException(people.size() + " people and " + photos.size() + " photos");
        }
        if (!order.isEmpty() && !order.stream().sorted().toList().equals(inOrder(people.size()))) {
            throw new IllegalArgumentException("an order " + order + " of " + people.size() + " people");
        }
    }

    /**
     * A case of the drawn world.
     *
     * @param script what its caption says, in parts, and who plays it, in the order of the photos
     * @param truth a video in which it happens, with the photos; models may show it otherwise where the caption does not
     *     say, so it is measured by only where the video shows this very clip
     */
    public record Drawn(CastScript script, Clip truth) {}

    static EvaluationCase drawn(int index, String name, CastScript script, Clip truth) {
        return new EvaluationCase(
                index,
                name,
                script.prompt().caption(),
                truth.people().stream().map(Clip.Person::id).toList(),
                truth.people().stream()
                        .map(person -> person.photos().getFirst())
                        .toList(),
                WhoIsWho.of(script).order(),
                WhoIsWho.of(script).places(),
                new Drawn(script, truth));
    }

    /** All of {@code people} people in the order of their photos. */
    static List<Integer> inOrder(int people) {
        return IntStream.range(0, people).boxed().toList();
    }

    /** The right video. */
    Clip truth() {
        if (drawn == null) {
            throw new IllegalArgumentException("case " + name + " is not drawn: nobody knows its right video");
        }
        return drawn.truth();
    }
}
