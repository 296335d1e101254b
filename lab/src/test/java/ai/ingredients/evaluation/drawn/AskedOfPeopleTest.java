package ai.ingredients.evaluation.drawn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.Place;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.evaluation.AskedOfPeople;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.faces.Assignment;
import ai.ingredients.evaluation.faces.Embedding;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.Placement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Drawn videos with faces where they really are, so that no detector blurs what is measured. */
class AskedOfPeopleTest {
    private static final Embedding ANYONE = Embedding.of(new float[] {1, 0});
    private static final ClipFormat FORMAT = new ClipFormat(144, 96, 5, 2, 320);

    /** The colours of validation clips, whatever the blocking, the light and the clothes. */
    @Test
    void theColoursOfRightVideosAreSeen() {
        CastSource source = new CastSource(Split.VALIDATION, 30, 77, new int[] {1, 2, 2, 3}, 1, FORMAT);
        int all = 0;
        int right = 0;
        for (int i = 0; i < source.size(); i++) {
            CastScript script = source.script(i);
            Clip clip = source.clip(i);
            Faces faces = Faces.of(clip);
            List<@Nullable Dye> worn =
                    new PersonColours(script.prompt().light()).worn(clip.frames(), faces.found, faces.assigned);
            for (int n = 0; n < worn.size(); n++) {
                all++;
                right += worn.get(n) == script.parts().get(n).role().garment().colour() ? 1 : 0;
            }
        }
        assertThat((double) right / all).isGreaterThanOrEqualTo(0.97);
    }

    @Test
    void exchangedClothesAreSwapped() {
        String told = "A woman in a red coat and a man in a blue shirt talk in a park.";
        CastScript script = script(told);
        EvaluationCase asked = drawn(script);
        assertThat(figures(asked, script))
                .allSatisfy(person -> assertThat(person)
                        .containsEntry("clothes_right", 1.0)
                        .containsEntry("clothes_swapped", 0.0)
                        .containsEntry("place_right", Double.NaN));
        // The same people at the same places in each other's colours, and in others.
        assertThat(figures(asked, with(script, "A woman in a blue coat and a man in a red shirt talk in a park.")))
                .allSatisfy(person ->
                        assertThat(person).containsEntry("clothes_right", 0.0).containsEntry("clothes_swapped", 1.0));
        assertThat(figures(asked, with(script, "A woman in a green coat and a man in a white shirt talk in a park.")))
                .allSatisfy(person ->
                        assertThat(person).containsEntry("clothes_right", 0.0).containsEntry("clothes_swapped", 0.0));
    }

    @Test
    void clothesThatCouldBeEithersDoNotCount() {
        CastScript open = script("Two men in a red coat and a blue coat talk in a park.");
        assertThat(figures(drawn(open), open))
                .allSatisfy(person -> assertThat(person)
                        .containsEntry("clothes_right", Double.NaN)
                        .containsEntry("clothes_swapped", Double.NaN));

        // Told by places they are those of whoever stands there.
        CastScript left =
                script("On the left a man in a red coat and on the right a man in a blue coat talk in a park.");
        CastScript right =
                with(left, "On the left a man in a blue coat and on the right a man in a red coat talk in a park.");
        assertThat(figures(drawn(left), left))
                .allSatisfy(person -> assertThat(person)
                        .containsEntry("clothes_right", 1.0)
                        .containsEntry("place_right", Double.NaN));
        assertThat(figures(drawn(left), right))
                .allSatisfy(person ->
                        assertThat(person).containsEntry("clothes_right", 0.0).containsEntry("clothes_swapped", 1.0));
    }

    @Test
    void placesAreThoseThatAreAsked() {
        CastScript script =
                script("On the right a woman in a red coat and on the left a man in a blue shirt nod in a park.");
        EvaluationCase asked = drawn(script);
        assertThat(asked.places()).hasSize(2);
        assertThat(figures(asked, script))
                .allSatisfy(person -> assertThat(person).containsEntry("place_right", 1.0));
        List<Picture> mirrored = List.of(Picture.filled(144, 96, 0, 0, 0));
        List<FrameFace> faces = new ArrayList<>();
        for (int n = 0; n < 2; n++) {
            boolean left = asked.order().indexOf(n) == 0;
            faces.add(face(new Face.Box(left ? 100 : 30, 20, left ? 120 : 50, 45)));
        }
        assertThat(AskedOfPeople.figures(asked, mirrored, List.of(faces), List.of(new int[] {0, 1})))
                .allSatisfy(person -> assertThat(person).containsEntry("place_right", 0.0));
        assertThat(WhoIsWho.region(Place.MIDDLE, 3).holds(0.5, 0.5)).isTrue();
        assertThat(WhoIsWho.region(Place.MIDDLE, 3).holds(0.3, 0.5)).isFalse();
        assertThat(WhoIsWho.region(Place.LEFT, 2)).isEqualTo(new Placement.Region(0, 0, 0.5, 1));
    }

    private static List<Map<String, Double>> figures(EvaluationCase asked, CastScript shown) {
        Clip clip = shown.film("shown", FORMAT, 1);
        Faces faces = Faces.of(clip);
        return AskedOfPeople.figures(asked, clip.frames(), faces.found, faces.assigned);
    }

    private static EvaluationCase drawn(CastScript script) {
        return CastCase.of(0, "case", script, script.film("case", FORMAT, 1));
    }

    private static CastScript script(String caption) {
        return CastScript.of(CastPrompt.parse(caption), Split.TEST, 3);
    }

    /** The people of {@code script} with what another caption says, the same person first. */
    private static CastScript with(CastScript script, String caption) {
        CastPrompt prompt = CastPrompt.parse(caption);
        List<CastScript.Part> parts = new ArrayList<>();
        for (CastScript.Part part : script.parts()) {
            int role = script.prompt().people().indexOf(part.role());
            parts.add(new CastScript.Part(part.who(), prompt.people().get(role), part.place()));
        }
        return new CastScript(prompt, parts, script.seed());
    }

    private static FrameFace face(Face.Box box) {
        return new FrameFace(box, 1, Collections.nCopies(5, new Face.Point(0, 0)), ANYONE);
    }

    /** The faces that are seen, and whose they are. */
    private record Faces(List<List<FrameFace>> found, List<int[]> assigned) {
        static Faces of(Clip clip) {
            List<List<FrameFace>> found = new ArrayList<>();
            List<int[]> assigned = new ArrayList<>();
            for (int f = 0; f < clip.frames().size(); f++) {
                List<FrameFace> faces = new ArrayList<>();
                int[] whose = new int[clip.people().size()];
                for (int n = 0; n < whose.length; n++) {
                    Seen seen = clip.people().get(n).track().get(f);
                    whose[n] = Assignment.NONE;
                    if (seen.faceBox() != null && seen.landmarks() != null) {
                        whose[n] = faces.size();
                        faces.add(new FrameFace(seen.faceBox(), 1, seen.landmarks(), ANYONE));
                    }
                }
                found.add(faces);
                assigned.add(whose);
            }
            return new Faces(found, assigned);
        }
    }
}
