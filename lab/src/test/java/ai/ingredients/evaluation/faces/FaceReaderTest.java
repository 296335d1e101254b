package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaceReaderTest {
    private static final Picture FRAME = Picture.filled(48, 32, 90, 90, 90);

    @Test
    void looksAtEnlargedFramesAndAnswersInTheirPixels() {
        List<Picture> looked = new ArrayList<>();
        FaceReader reader = new FaceReader(
                "test",
                picture -> {
                    looked.add(picture);
                    return List.of(face(91), face(31));
                },
                faces -> faces.stream().map(face -> new float[] {1, 0}).toList(),
                3);

        List<List<FrameFace>> faces = reader.read(List.of(FRAME, FRAME));

        assertThat(looked).extracting(Picture::width).containsExactly(144, 144);
        assertThat(faces).hasSize(2).allSatisfy(frame -> {
            assertThat(frame)
                    .extracting(FrameFace::x)
                    .satisfiesExactly(
                            // The middle of enlarged pixel 31, counted from 0, is at 31.5 / 3 − 0.5 of the frame.
                            x -> assertThat(x).isCloseTo(10, within(1e-5)),
                            x -> assertThat(x).isCloseTo(30, within(1e-5)));
        });
    }

    @Test
    void facesOfAllFramesAreEmbeddedTogetherAndKeepTheirOrder() {
        List<Integer> batches = new ArrayList<>();
        int[] frame = {0};
        FaceReader reader = new FaceReader(
                "test",
                picture -> frame[0]++ == 1 ? List.of() : List.of(face(31), face(91)),
                faces -> {
                    batches.add(faces.size());
                    List<float[]> rows = new ArrayList<>();
                    for (int i = 0; i < faces.size(); i++) {
                        rows.add(new float[] {(float) Math.cos(i), (float) Math.sin(i)});
                    }
                    return rows;
                },
                1);

        List<List<FrameFace>> faces = reader.read(List.of(FRAME, FRAME, FRAME));

        assertThat(batches).containsExactly(4);
        assertThat(faces).extracting(List::size).containsExactly(2, 0, 2);
        Embedding last = Embedding.of(new float[] {(float) Math.cos(3), (float) Math.sin(3)});
        assertThat(faces.get(2).get(1).embedding()).isEqualTo(last);
    }

    /** A recogniser gets faces as it was trained on them, in photos and frames; a face can be cut out again. */
    @Test
    void facesAreAlignedAsTheRecogniserTakesThem() {
        List<Picture> seen = new ArrayList<>();
        FaceReader reader = new FaceReader(
                "test",
                picture -> List.of(face(91)),
                faces -> {
                    seen.addAll(faces);
                    return faces.stream().map(face -> new float[] {1}).toList();
                },
                FaceReader.Aligner.ARCFACE,
                3,
                List.of());
        Picture frame = stripes();

        FrameFace found = reader.read(List.of(frame)).getFirst().getFirst();
        reader.readPhotos(List.of(new PersonPhoto(FRAME, face(20).landmarks())));

        assertThat(seen).hasSize(2).extracting(Picture::width).containsOnly(224);
        Picture again = reader.crop(frame, found, FaceReader.Aligner.ARCFACE);
        assertThat(difference(again, seen.getFirst())).isLessThan(1);
        assertThat(difference(Picture.filled(224, 224, 90, 90, 90), again)).isGreaterThan(10);
        assertThat(reader.crop(frame, found, FaceReader.Aligner.MODEL).width()).isEqualTo(512);
    }

    private static Picture stripes() {
        byte[] rgb = new byte[3 * 48 * 32];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 3 % 48 * 5);
        }
        return new Picture(48, 32, rgb);
    }

    private static double difference(Picture a, Picture b) {
        double sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            sum += Math.abs((a.rgb()[i] & 0xFF) - (b.rgb()[i] & 0xFF));
        }
        return sum / a.rgb().length;
    }

    @Test
    void aFaceWithoutExtentIsNoFace() {
        Face point = new Face(face(31).box(), 0.99f, java.util.Collections.nCopies(5, new Face.Point(4, 4)));
        FaceReader reader = new FaceReader(
                "test",
                picture -> List.of(point, face(31)),
                faces -> faces.stream().map(face -> new float[] {1}).toList(),
                1);

        assertThat(reader.read(List.of(FRAME)).getFirst()).hasSize(1);
    }

    @Test
    void withoutNetworksItSaysWhatIsMissing() {
        Path nowhere = Path.of("nowhere");

        assertThatThrownBy(() -> FaceReader.open(nowhere, nowhere, FaceReader.Settings.DEFAULT, Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("detection_Resnet50_Final.pth: missing the RetinaFace detector");
    }

    private static Face face(float x) {
        return new Face(
                new Face.Box(x - 9, 5, x + 9, 25),
                0.99f,
                List.of(
                        new Face.Point(x - 4, 12),
                        new Face.Point(x + 4, 12),
                        new Face.Point(x, 16),
                        new Face.Point(x - 3, 20),
                        new Face.Point(x + 3, 20)));
    }
}
