package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.FaceAnalysis.Analysed;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Detection, alignment and embedding against insightface's Python package: fixture {@code face_analysis}. */
class FaceAnalysisTest {
    private static final Path TINY = Fixture.path("scrfd_tiny.onnx");
    private static final Path FIXED = Fixture.path("scrfd_fixed.onnx");

    @TempDir
    private Path folder;

    private static Picture picture(Fixture fixture, String name) {
        return Picture.of(fixture.get("in_" + name)).getFirst();
    }

    private static Tensor boxes(List<Face> faces) {
        float[] values = new float[5 * faces.size()];
        for (int i = 0; i < faces.size(); i++) {
            Face.Box box = faces.get(i).box();
            float[] row = {
                box.left(), box.top(), box.right(), box.bottom(), faces.get(i).score()
            };
            System.arraycopy(row, 0, values, 5 * i, 5);
        }
        return Ops.tensor(values, faces.size(), 5);
    }

    private static Tensor points(List<Face> faces) {
        float[] values = new float[10 * faces.size()];
        int at = 0;
        for (Face face : faces) {
            for (Face.Point point : face.landmarks()) {
                values[at++] = (float) point.x();
                values[at++] = (float) point.y();
            }
        }
        return Ops.tensor(values, faces.size(), 5, 2);
    }

    /** A network of any size on a square and on an oblong canvas, and one that keeps its own size. */
    @ParameterizedTest
    @CsvSource({"tiny, 96, 96", "oblong, 160, 96", "fixed, 64, 64"})
    void facesAreFoundAlike(String network, int width, int height) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_analysis");
                Scrfd detector = Scrfd.open(network.equals("fixed") ? FIXED : TINY, width, height)) {
            for (String name : List.of("wide", "tall")) {
                List<Face> faces = detector.detect(picture(fixture, name));
                fixture.check("out_" + name + "_" + network + "_faces", boxes(faces), Fixture.MODULE);
                fixture.check("out_" + name + "_" + network + "_points", points(faces), Fixture.MODULE);
            }
        }
    }

    @Test
    void thresholdsAreObeyed() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_analysis");
                Scrfd detector = Scrfd.open(TINY, 96, 96)) {
            Picture picture = picture(fixture, "wide");
            int reference = detector.detect(picture).size();
            assertThat(detector.detect(picture, 0.9f, 0.4f)).hasSizeBetween(1, reference - 1);
            assertThat(detector.detect(picture, 0.5f, 1f)).hasSizeGreaterThan(reference);
        }
    }

    /** Three faces: nearly upright, lying, and mirrored, which no turn puts right. */
    @Test
    void similaritiesAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_analysis")) {
            float[] values = Ops.floats(fixture.get("in_landmarks"));
            for (int side : new int[] {112, 224, 256}) {
                for (int i = 0; i < 3; i++) {
                    double[] matrix = NormCrop.matrix(landmarks(values, i), side);
                    double[] expected =
                            doubles(fixture.get("out_matrix_" + side).select(0, i));
                    for (int k = 0; k < 6; k++) { // skimage computes the means in fp32
                        assertThat(matrix[k]).isCloseTo(expected[k], within(side, k));
                    }
                }
            }
        }
    }

    private static Offset<Double> within(int side, int k) {
        return Offset.offset(k % 3 == 2 ? side * 1e-5 : 1e-6);
    }

    private static double[] doubles(Tensor tensor) {
        float[] values = Ops.floats(tensor);
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    private static List<Face.Point> landmarks(float[] values, int face) {
        return IntStream.range(0, Face.LANDMARKS)
                .mapToObj(k -> new Face.Point(values[face * 10 + 2 * k], values[face * 10 + 2 * k + 1]))
                .toList();
    }

    /** OpenCV places pixels in steps of 1/32, so a matrix that rounds otherwise moves single bytes. */
    @Test
    void cropsAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_analysis")) {
            Picture photo = picture(fixture, "tall");
            float[] values = Ops.floats(fixture.get("in_landmarks"));
            for (int i = 0; i < 3; i++) {
                Picture expected =
                        Picture.of(fixture.get("out_crop_112").select(0, i)).getFirst();
                assertThat(differing(expected, NormCrop.crop(photo, landmarks(values, i), 112)))
                        .isLessThan(0.001);
            }
            Picture large = Picture.of(fixture.get("out_crop_224")).getFirst();
            assertThat(differing(large, NormCrop.crop(photo, landmarks(values, 0), 224)))
                    .isLessThan(0.001);
        }
    }

    /** The share of bytes that differ. */
    private static double differing(Picture expected, Picture actual) {
        assertEquals(expected.width(), actual.width());
        int differing = 0;
        for (int i = 0; i < expected.rgb().length; i++) {
            differing += expected.rgb()[i] == actual.rgb()[i] ? 0 : 1;
        }
        return (double) differing / expected.rgb().length;
    }

    @Test
    void facesAreAnalysedAlike() throws Exception {
        Files.copy(TINY, folder.resolve("det_10g.onnx"));
        Files.copy(Fixture.path("arcface_tiny.onnx"), folder.resolve("w600k_r50.onnx"));
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_analysis");
                FaceAnalysis analysis = FaceAnalysis.open(folder, 96)) {
            List<Analysed> analysed = analysis.analyse(picture(fixture, "wide"));
            List<Face> faces = analysed.stream().map(Analysed::face).toList();
            Tensor[] embeddings = analysed.stream()
                    .map(face -> Ops.tensor(face.embedding(), 1, analysis.width()))
                    .toArray(Tensor[]::new);
            fixture.check("out_analysed_boxes", boxes(faces).narrow(1, 0, 4), Fixture.MODULE);
            fixture.check("out_analysed_scores", boxes(faces).select(1, 4), Fixture.MODULE);
            // A byte of a crop that rounds otherwise weighs 1 / 37,632 of a face.
            fixture.check("out_analysed_embeddings", Ops.cat(0, embeddings), 1e-4);
        }
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        refused(": missing the SCRFD face detector; expected scrfd_10g_bnkps.onnx or det_10g.onnx, from insightface's");
        Files.copy(TINY, folder.resolve("scrfd_10g_bnkps.onnx"));
        refused(": missing the ArcFace network; expected glintr100.onnx or w600k_r50.onnx, from insightface's");
    }

    private void refused(String why) {
        assertThatThrownBy(() -> FaceAnalysis.open(folder, 96))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(folder + why);
    }

    @Test
    void filesOfOtherKindsAreRefused() throws Exception {
        Path recogniser = Fixture.path("arcface_tiny.onnx");
        assertThatThrownBy(() -> Scrfd.open(recogniser, 96, 96))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(recogniser + ": has 1 inputs and 1 outputs of other kinds; an SCRFD network");
        Path text = Files.writeString(folder.resolve("det_10g.onnx"), "no model");
        assertThatThrownBy(() -> Scrfd.open(text, 96, 96))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(text + ": is not an ONNX model that can be run");
        assertThatThrownBy(() -> Scrfd.open(folder.resolve("none.onnx"), 96, 96))
                .hasMessageContaining("there is no such file; expected an SCRFD network in ONNX form");
        assertThatThrownBy(() -> Scrfd.open(TINY, 100, 96))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("faces cannot be looked for at 100x96 pixels; use multiples of 32, such as 640x640");
    }

    @Test
    void landmarksThatSayNothingAreRefused() {
        List<Face.Point> same = Collections.nCopies(Face.LANDMARKS, new Face.Point(5, 5));
        assertThatThrownBy(() -> NormCrop.matrix(same, 112))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("do not determine how the face lies");
        assertThatThrownBy(() -> NormCrop.matrix(same, 100))
                .hasMessage("aligned faces have a multiple of 112 or 128 pixels, not 100");
    }
}
