package ai.ingredients.evaluation;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.pipeline.Placement;
import java.util.List;
import java.util.Map;
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
 * @param naming the same prompt with names of people in it; none where there is no such
 * @param known what else is known of it, by whoever made it
 */
public record EvaluationCase(
        int index,
        String name,
        String caption,
        List<String> people,
        List<PersonPhoto> photos,
        List<Integer> order,
        List<Placement> places,
        @Nullable Naming naming,
        @Nullable CaseKnowledge known) {
    /**
     * A prompt that says whose which words are.
     *
     * @param prompt mentions people by their names
     * @param names in the order of the photos; empty texts for those it does not mention
     * @param roles the words that stand for each name
     */
    public record Naming(String prompt, List<String> names, Map<String, String> roles) {
        public Naming {
            names = List.copyOf(names);
            roles = Map.copyOf(roles);
        }
    }

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

    /** All of {@code people} people in the order of their photos. */
    public static List<Integer> inOrder(int people) {
        return IntStream.range(0, people).boxed().toList();
    }

    /** The right video. */
    public Clip truth() {
        if (known == null) {
            throw new IllegalArgumentException("case " + name + ": nobody knows its right video");
        }
        return known.truth();
    }
}
