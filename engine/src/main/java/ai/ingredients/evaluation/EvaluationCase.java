package ai.ingredients.evaluation;

import ai.ingredients.cast.CastPrompt;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.PersonPhoto;
import java.util.List;

/**
 * Photos and a prompt to make a video of, and what a right video would look like.
 *
 * @param index among the cases
 * @param prompt what should happen; its caption is what a model is given
 * @param truth a video in which it does, with the photos
 */
public record EvaluationCase(int index, CastPrompt prompt, Clip truth) {
    /** One photo per person, from left to right as they should stand. */
    public List<PersonPhoto> photos() {
        return truth.people().stream().map(person -> person.photos().getFirst()).toList();
    }

    /** Names of the people, in the same order. */
    public List<String> people() {
        return truth.people().stream().map(Clip.Person::id).toList();
    }
}
