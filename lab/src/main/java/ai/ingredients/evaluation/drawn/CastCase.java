package ai.ingredients.evaluation.drawn;

import ai.ingredients.cast.CastScript;
import ai.ingredients.data.Clip;
import ai.ingredients.evaluation.CaseKnowledge;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.media.Picture;
import java.util.List;

/**
 * A case of the drawn world.
 *
 * @param script what its caption says, in parts, and who plays it, in the order of the photos
 * @param truth a video in which it happens
 */
public record CastCase(CastScript script, Clip truth) implements CaseKnowledge {
    /** The case as an evaluation takes it. */
    public static EvaluationCase of(int index, String name, CastScript script, Clip truth) {
        WhoIsWho who = WhoIsWho.of(script);
        return new EvaluationCase(
                index,
                name,
                script.prompt().caption(),
                truth.people().stream().map(Clip.Person::id).toList(),
                truth.people().stream()
                        .map(person -> person.photos().getFirst())
                        .toList(),
                who.order(),
                who.places(),
                new CastCase(script, truth));
    }

    @Override
    public List<Clothes> clothes(List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        return new AskedClothes(script, frames, faces, assigned).clothes();
    }
}
