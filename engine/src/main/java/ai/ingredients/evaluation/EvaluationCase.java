package ai.ingredients.evaluation;

import ai.ingredients.cast.CastPrompt;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.PersonPhoto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Photos and a prompt to make a video of.
 *
 * @param index among the cases
 * @param name in reports
 * @param caption what should happen
 * @param people names of the people, unique
 * @param photos one of each, in the same order
 * @param ordered whether the people should stand from left to right in this order
 * @param drawn what is known of a case of the drawn world
 */
public record EvaluationCase(
        int index,
        String name,
        String caption,
        List<String> people,
        List<PersonPhoto> photos,
        boolean ordered,
        @Nullable Drawn drawn) {
    public EvaluationCase {
        people = List.copyOf(people);
        photos = List.copyOf(photos);
        if (people.size() != photos.size() || people.isEmpty()) {
            throw new IllegalArgumentException(people.size() + " people and " + photos.size() + " photos");
        }
    }

    /**
     * A case of the drawn world.
     *
     * @param prompt what its caption says, in parts
     * @param truth a video in which it happens, with the photos
     */
    public record Drawn(CastPrompt prompt, Clip truth) {}

    static EvaluationCase drawn(int index, String name, CastPrompt prompt, Clip truth) {
        return new EvaluationCase(
                index,
                name,
                prompt.caption(),
                truth.people().stream().map(Clip.Person::id).toList(),
                truth.people().stream()
                        .map(person -> person.photos().getFirst())
                        .toList(),
                true,
                new Drawn(prompt, truth));
    }

    /** The right video. */
    Clip truth() {
        if (drawn == null) {
            throw new IllegalArgumentException("case " + name + " is not drawn: nobody knows its right video");
        }
        return drawn.truth();
    }
}
