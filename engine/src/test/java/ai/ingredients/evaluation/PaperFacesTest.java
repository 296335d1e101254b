package ai.ingredients.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.face.Face;
import java.util.Collections;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PaperFacesTest {
    private static final Embedding ANNA = Embedding.of(new float[] {1, 0, 0});
    private static final Embedding BERT = Embedding.of(new float[] {0, 1, 0});
    private static final Embedding NOBODY = Embedding.of(new float[] {0, 0, 1});
    private static final Embedding LIKE_ANNA = Embedding.of(new float[] {0.8f, 0, 0.6f});
    private static final List<Embedding> PHOTOS = List.of(ANNA, BERT);
    private static final Offset<Double> EXACT = Offset.offset(1e-6);

    @Test
    void oneGoodFaceHidesWhatIsWrongWithTheOthers() {
        assertThat(faceSim(List.of(face(ANNA, 10), face(NOBODY, 12)))).isCloseTo(1, EXACT);
        assertThat(faceSim(List.of(face(ANNA, 10)))).isCloseTo(1, EXACT);
        assertThat(faceSim(List.of(face(ANNA, 10), face(ANNA, 12)))).isCloseTo(1, EXACT);
        assertThat(faceSim(List.of(face(LIKE_ANNA, 10), face(NOBODY, 12)))).isCloseTo(0.8, EXACT);
    }

    @Test
    void onlyTheTwoLargestFacesCount() {
        assertThat(faceSim(List.of(face(ANNA, 5), face(NOBODY, 12), face(NOBODY, 10))))
                .isCloseTo(0, EXACT);
    }

    @Test
    void framesWithoutAFaceAreLeftOut() {
        List<FrameFace> good = List.of(face(LIKE_ANNA, 10));

        assertThat(PaperFaces.faceSim(PHOTOS, List.of(List.of(), good, List.of())))
                .isCloseTo(0.8, EXACT);
        assertThat(PaperFaces.faceSim(PHOTOS, List.of(List.of()))).isNaN();
    }

    private static double faceSim(List<FrameFace> faces) {
        return PaperFaces.faceSim(PHOTOS, Collections.nCopies(17, faces));
    }

    private static FrameFace face(Embedding embedding, float side) {
        return new FrameFace(
                new Face.Box(0, 0, side, side),
                1,
                Collections.nCopies(Face.LANDMARKS, new Face.Point(0, 0)),
                embedding);
    }
}
