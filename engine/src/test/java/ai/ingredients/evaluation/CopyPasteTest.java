package ai.ingredients.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.face.Face;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class CopyPasteTest {
    private static final Embedding ANYONE = Embedding.of(new float[] {1, 0});
    private static final int OTHERS = 200;
    private static final SplittableRandom RANDOM = new SplittableRandom(7);

    @Test
    void aPastedPhotoIsCopiedWhereverAndHoweverLargeItStands() {
        List<Face.Point> photo = pose();
        List<Face.Point> pasted = photo.stream()
                .map(point -> new Face.Point(3 * point.x() + 70, 3 * point.y() - 20))
                .toList();

        assertThat(index(photo, List.of(pasted))).isCloseTo(1, Offset.offset(1e-9));
    }

    @Test
    void posesThatHaveNothingToDoWithThePhotoGiveAHalf() {
        List<List<Face.Point>> frames =
                IntStream.range(0, 400).mapToObj(f -> pose()).toList();

        double mean = IntStream.range(0, 30)
                .mapToDouble(i -> index(pose(), frames))
                .average()
                .orElse(0);

        assertThat(mean).isCloseTo(0.5, Offset.offset(0.1));
    }

    @Test
    void withoutFacesOrOthersThereIsNoNumber() {
        KnownFace photo = new KnownFace(ANYONE, pose());
        List<List<FrameFace>> empty = List.of(List.of());
        List<int[]> nobody = List.of(new int[] {Assignment.NONE});

        assertThat(CopyPaste.index(List.of(photo), empty, nobody, others(OTHERS)))
                .isNaN();
        assertThat(CopyPaste.index(
                        List.of(photo),
                        List.of(List.of(face(pose()))),
                        List.of(new int[] {0}),
                        others(CopyPaste.LEAST_OTHERS - 1)))
                .isNaN();
    }

    private static double index(List<Face.Point> photo, List<List<Face.Point>> frames) {
        return CopyPaste.index(
                List.of(new KnownFace(ANYONE, photo)),
                frames.stream().map(pose -> List.of(face(pose))).toList(),
                frames.stream().map(pose -> new int[] {0}).toList(),
                others(OTHERS));
    }

    private static FrameFace face(List<Face.Point> landmarks) {
        return new FrameFace(new Face.Box(0, 0, 1, 1), 1, landmarks, ANYONE);
    }

    private static List<KnownFace> others(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new KnownFace(ANYONE, pose()))
                .toList();
    }

    /** A face that looks somewhere. */
    private static List<Face.Point> pose() {
        double turn = RANDOM.nextDouble(-6, 6);
        double tilt = RANDOM.nextDouble(-4, 4);
        double smile = RANDOM.nextDouble(-3, 3);
        return List.of(
                new Face.Point(30, 40 + tilt),
                new Face.Point(70, 40 - tilt),
                new Face.Point(50 + turn, 60),
                new Face.Point(35 - smile, 80),
                new Face.Point(65 + smile, 80));
    }
}
