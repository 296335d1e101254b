package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alignment and ArcFace against facexlib and insightface with the same OpenCV: fixture {@code face_align}. */
class FaceAlignerTest {
    private static final Path ARCFACE = Fixture.path("arcface_tiny.onnx");

    @TempDir
    private Path folder;

    @Test
    void matricesAndCropsAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_align")) {
            Picture photo = Picture.of(fixture.get("in_image_rgb")).getFirst();
            for (int i = 0; i < 6; i++) {
                List<Face.Point> landmarks = points(fixture.get("in_landmarks").select(0, i));
                assertArrayEquals(
                        doubles(fixture.get("out_affine_" + i)), FaceAligner.matrix(landmarks), 1e-9, "matrix " + i);
                Picture crop = FaceAligner.crop(photo, landmarks);
                if (i == 0) {
                    assertArrayEquals(bgr(fixture.get("out_crop512_bgr_0")), crop.rgb(), "crop");
                }
                byte[] expected = bgr(fixture.get("out_crop512_rows_" + i)); // every 61st row
                byte[] rows = new byte[expected.length];
                int stride = FaceAligner.SIZE * 3;
                for (int row = 0; row < expected.length / stride; row++) {
                    System.arraycopy(crop.rgb(), row * 61 * stride, rows, row * stride, stride);
                }
                assertArrayEquals(expected, rows, "rows of crop " + i);
            }
        }
    }

    @Test
    void arcFaceEmbeddingsAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("face_align");
                ArcFace arcFace = ArcFace.open(ARCFACE)) {
            assertEquals(24, arcFace.width());
            Picture photo = Picture.of(fixture.get("in_image_rgb")).getFirst();
            for (int i = 0; i < 6; i++) {
                Picture crop = FaceAligner.crop(
                        photo, points(fixture.get("in_landmarks").select(0, i)));
                if (i < 2) {
                    fixture.check(
                            "out_blob112_" + i,
                            Ops.tensor(FaceRecogniser.blob(crop, FaceRecogniser.INPUT), 1, 3, 112, 112),
                            1e-7);
                }
                fixture.check("out_arcface_" + i, Ops.tensor(arcFace.embed(crop), 1, 24), Fixture.MODULE);
            }
        }
    }

    @Test
    void pointsThatCoincideAreRefused() {
        assertThatThrownBy(() -> FaceAligner.matrix(Collections.nCopies(5, new Face.Point(3, 3))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("do not determine how the face lies");
    }

    @Test
    void networksOfAnotherKindAreRefused() throws Exception {
        Path text = Files.writeString(folder.resolve("broken.onnx"), "not a model");
        assertThatThrownBy(() -> ArcFace.open(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(text + ": is not an ONNX model that can be run")
                .message()
                .doesNotContain("\n");
        assertThatThrownBy(() -> ArcFace.open(folder.resolve("none.onnx")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("there is no such file");
        Path other = Fixture.path("other_signature.onnx");
        assertThatThrownBy(() -> ArcFace.open(other))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(other + ": input is ")
                .hasMessageEndingWith("an ArcFace network has one fp32 input [1, 3, 112, 112]");
    }

    private static byte[] bgr(Tensor picture) {
        return Ops.bytes(picture.flip(-1));
    }

    /** Points of a float64 tensor [5, 2]. */
    static List<Face.Point> points(Tensor landmarks) {
        double[] values = doubles(landmarks);
        List<Face.Point> points = new ArrayList<>();
        for (int i = 0; i < values.length; i += 2) {
            points.add(new Face.Point(values[i], values[i + 1]));
        }
        return points;
    }

    private static double[] doubles(Tensor tensor) {
        double[] values = new double[(int) tensor.numel()];
        new DoublePointer(tensor.contiguous().data_ptr()).get(values);
        return values;
    }
}
