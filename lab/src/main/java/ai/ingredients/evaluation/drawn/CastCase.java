package ai.ingredients.evaluation.drawn;

import ai.ingredients.cast.CastScript;
import ai.ingredients.data.Clip;
import ai.ingredients.evaluation.CaseKnowledge;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.face.PersonName;
import ai.ingredients.media.Picture;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A case of the drawn world.
 *
 * @param script what its caption says, in parts, and who plays it, in the order of the photos
 * @param truth a video in which it happens
 * @param who whose which role is, as far as it was told
 */
record CastCase(CastScript script, Clip truth, WhoIsWho who) implements CaseKnowledge {
    /** The case as an evaluation takes it: prompt and photos tell who is who, or leave it open. */
    static EvaluationCase of(int index, String name, CastScript script, Clip truth) {
        return of(index, name, new CastCase(script, truth, WhoIsWho.of(script)), null);
    }

    /** The same, in which the prompt names people, so that less is left open. */
    static EvaluationCase named(int index, String name, CastScript script, Clip truth) {
        EvaluationCase.Naming naming = NamedCases.naming(truth);
        WhoIsWho who =
                WhoIsWho.of(script).told(script, n -> !naming.names().get(n).equals(PersonName.NONE));
        return of(index, name, new CastCase(script, truth, who), naming);
    }

    private static EvaluationCase of(int index, String name, CastCase known, EvaluationCase.@Nullable Naming naming) {
        Clip truth = known.truth;
        return new EvaluationCase(
                index,
                name,
                known.script.prompt().caption(),
                truth.people().stream().map(Clip.Person::id).toList(),
                truth.people().stream()
                        .map(person -> person.photos().getFirst())
                        .toList(),
                known.who.order(),
                known.who.places(),
                naming,
                known);
    }

    @Override
    public List<Clothes> clothes(List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        return new AskedClothes(who, script.prompt().light(), frames, faces, assigned).clothes();
    }
}
