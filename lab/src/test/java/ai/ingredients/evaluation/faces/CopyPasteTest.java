package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.drawn.CastCases;
import ai.ingredients.evaluation.drawn.SpoiltVideos;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Faces of drawn videos where they really are, so that no detector blurs what is measured. */
class CopyPasteTest {
    private static final Embedding ANYONE = Embedding.of(new float[] {1, 0});
    private static final CastCases CASES = new CastCases(16, 2, 5);
    private static final int PEOPLE = 2;

    @Test
    void photosPutInThePlaceOfFacesAreNoticed() {
        double pasted = meanOver(
                4, one -> new SpoiltVideos(SpoiltVideos.Fault.COPIED).make(one).getFirst());

        assertThat(pasted).isGreaterThan(0.85);
    }

    @Test
    void truthIsNotCalledACopy() {
        double truth = meanOver(16, one -> one.truth().frames().getFirst());

        // 32 people: a share between 0 and 1 has a standard deviation of 0.29, its mean one of 0.05.
        assertThat(truth).isCloseTo(0.5, Offset.offset(0.15));
    }

    @Test
    void theGivenPhotoItselfIsACopyWhateverItsLightAndAnotherMomentIsNone() {
        PersonPhoto photo = CASES.get(0).photos().getFirst();
        List<PersonPhoto> others = CASES.otherPhotos(0).getFirst();
        List<PersonPhoto> rest = others.subList(1, others.size());

        assertThat(index(photo, rest, darker(photo.picture()), photo.landmarks()))
                .isEqualTo(1);
        PersonPhoto other = others.getFirst(); // looks most like itself, so the given photo cannot be the nearest
        assertThat(index(photo, others, other.picture(), other.landmarks())).isLessThan(1);
    }

    @Test
    void otherPhotosShowTheSamePersonAtOtherMomentsAndAreTheSameEveryTime() {
        List<List<PersonPhoto>> others = CASES.otherPhotos(1);

        assertThat(others)
                .hasSize(PEOPLE)
                .allSatisfy(photos -> assertThat(photos)
                        .hasSize(20)
                        .doesNotHaveDuplicates()
                        .doesNotContainAnyElementsOf(CASES.get(1).photos()));
        assertThat(CASES.otherPhotos(1)).isEqualTo(others);
        assertThat(CASES.otherPhotos(2)).doesNotContainAnyElementsOf(others);
    }

    @Test
    void withoutFacesOrOtherPhotosThereIsNoNumber() {
        EvaluationCase one = CASES.get(0);
        List<Picture> frames = one.truth().frames().subList(0, 1);
        List<List<FrameFace>> faces = List.of(faces(one));
        List<int[]> nobody = List.of(new int[] {Assignment.NONE, Assignment.NONE});
        List<int[]> everybody = List.of(new int[] {0, 1});
        List<List<PersonPhoto>> others = CASES.otherPhotos(0);
        List<List<PersonPhoto>> few = others.stream()
                .map(photos -> photos.subList(0, CopyPaste.LEAST_OTHERS - 1))
                .toList();

        assertThat(CopyPaste.index(one.photos(), others, frames, faces, nobody)).isNaN();
        assertThat(CopyPaste.index(one.photos(), few, frames, faces, everybody)).isNaN();
        assertThat(CopyPaste.index(one.photos(), List.of(), frames, faces, everybody))
                .isNaN();
        assertThat(CopyPaste.index(one.photos(), others, frames, faces, everybody))
                .isBetween(0.0, 1.0);
    }

    private interface FirstFrame {
        Picture of(EvaluationCase one);
    }

    private static double meanOver(int cases, FirstFrame maker) {
        return IntStream.range(0, cases)
                .mapToDouble(i -> {
                    EvaluationCase one = CASES.get(i);
                    return CopyPaste.index(
                            one.photos(),
                            CASES.otherPhotos(i),
                            List.of(maker.of(one)),
                            List.of(faces(one)),
                            List.of(assigned(one)));
                })
                .filter(index -> !Double.isNaN(index)) // nobody shows a face
                .average()
                .orElseThrow();
    }

    /** The faces that are seen in the first frame of the truth. */
    private static List<FrameFace> faces(EvaluationCase one) {
        List<FrameFace> faces = new ArrayList<>();
        for (int n = 0; n < PEOPLE; n++) {
            List<Face.Point> landmarks = first(one, n).landmarks();
            if (landmarks != null) {
                faces.add(face(landmarks));
            }
        }
        return faces;
    }

    /** Whose they are. */
    private static int[] assigned(EvaluationCase one) {
        int[] assigned = new int[PEOPLE];
        int next = 0;
        for (int n = 0; n < PEOPLE; n++) {
            assigned[n] = first(one, n).landmarks() == null ? Assignment.NONE : next++;
        }
        return assigned;
    }

    private static Seen first(EvaluationCase one, int person) {
        return one.truth().people().get(person).track().getFirst();
    }

    private static FrameFace face(List<Face.Point> landmarks) {
        return new FrameFace(new Face.Box(0, 0, 1, 1), 1, landmarks, ANYONE);
    }

    private static double index(
            PersonPhoto given, List<PersonPhoto> others, Picture frame, List<Face.Point> landmarks) {
        return CopyPaste.index(
                List.of(given), List.of(others), List.of(frame), List.of(List.of(face(landmarks))), List.of(new int[] {0
                }));
    }

    private static Picture darker(Picture picture) {
        byte[] rgb = new byte[picture.rgb().length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (0.6 * (picture.rgb()[i] & 0xFF));
        }
        return new Picture(picture.width(), picture.height(), rgb);
    }
}
