package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
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

    /** Brightness is the only feature here: of frames of 90 and 60 the photo of 100 is 10 and 40 away. */
    @Test
    void fidIsTheMeanOverFramesOfTheClosestPair() {
        FaceReader reader = new FaceReader("test", picture -> List.of(), faces -> List.of(), 2);
        Inception brightness = new Inception(
                "brightness",
                (pictures, normalisation) -> pictures.stream()
                        .map(picture -> new float[] {picture.rgb()[3 * (picture.width() + 1) * picture.height() / 2]})
                        .toList());
        List<Face.Point> landmarks = List.of(
                new Face.Point(20, 20),
                new Face.Point(30, 20),
                new Face.Point(25, 26),
                new Face.Point(21, 31),
                new Face.Point(29, 31));
        FrameFace face = new FrameFace(new Face.Box(10, 10, 40, 40), 1, landmarks, ANNA);
        List<PersonPhoto> photos = List.of(
                new PersonPhoto(Picture.filled(50, 50, 100, 0, 0), landmarks),
                new PersonPhoto(Picture.filled(50, 50, 0, 0, 0), landmarks));
        List<Picture> frames = List.of(
                Picture.filled(50, 50, 90, 0, 0), Picture.filled(50, 50, 1, 1, 1), Picture.filled(50, 50, 60, 0, 0));

        double fid =
                PaperFaces.fid(photos, frames, List.of(List.of(face), List.of(), List.of(face)), reader, brightness);

        // Of 24 frames ⌊i·2/23⌋ takes the first 12 times, the last once; the middle one has no face.
        assertThat(fid).isCloseTo((12 * 100 + 1600) / 13.0, Offset.offset(1e-6));
        assertThat(PaperFaces.fid(photos, frames, List.of(List.of(), List.of(), List.of()), reader, brightness))
                .isNaN();
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
