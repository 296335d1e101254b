package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The face detector against facexlib's with formula weights: fixtures {@code retinaface_*}. */
class RetinaFaceTest {
    private static final Path KEYS = Fixture.path("retinaface_keys.txt");
    private static final Path MOBILE_KEYS = Fixture.path("retinaface_mobile_keys.txt");
    /** Batch statistics divide by small deviations, which enlarges rounding: compared in fp64, stored as fp32. */
    private static final double TRAINED = 1e-6;

    private static final Compute FP64 = Compute.CPU_FP32.with(DType.FP64);

    @Test
    void theFormulaGivesTheWeightsOfTheVectors() throws Exception {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("retinaface_weights_check");
                FormulaStore store = new FormulaStore(KEYS)) {
            for (String key : fixture.names()) {
                if (key.startsWith("out_first8/")) {
                    Tensor expected = fixture.get(key);
                    Tensor made = store.get("module." + key.substring("out_first8/".length()))
                            .flatten()
                            .narrow(0, 0, expected.size(0));
                    assertTrue(torch.equal(expected, made), key);
                }
            }
            assertThat(store.names()).hasSize(Files.readAllLines(KEYS).size());
        }
    }

    @Test
    void everyAnchorAndFaceAgrees() {
        try (FormulaStore store = new FormulaStore(KEYS);
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            RetinaFace detector = new RetinaFace(weights, DetectorBackbone.RESNET50);
            weights.verify();
            check("retinaface_160x128", detector, new float[][] {{0.5f, 0.4f}, {0.9f, 0.4f}, {0.9f, 0.2f}, {0.97f, 0.4f}
            });
            check("retinaface_odd_101x83", detector, new float[][] {{0.5f, 0.4f}, {0.9f, 0.3f}});
        }
    }

    private static void check(String name, RetinaFace detector, float[][] cases) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            Tensor bgr = fixture.get("in_image_bgr"); // [H, W, 3]
            Tensor mean = Ops.tensor(new float[] {104, 117, 123}, 3);
            Tensor pixels = bgr.to(torch.ScalarType.Float)
                    .sub(mean)
                    .permute(2, 0, 1)
                    .contiguous()
                    .unsqueeze(0);
            RetinaFace.Raw raw = detector.forward(pixels);
            fixture.check("out_loc", raw.boxes(), Fixture.MODULE);
            fixture.check("out_class_logits", raw.classLogits(), Fixture.MODULE);
            fixture.check("out_landmarks", raw.landmarks(), Fixture.MODULE);

            Picture photo = Picture.of(bgr.flip(2)).getFirst();
            for (int i = 0; i < cases.length; i++) {
                List<Face> faces = detector.detect(photo, cases[i][0], cases[i][1] == 0.4f ? 0.4 : cases[i][1]);
                checkFaces(name + " case " + i, fixture.get("out_faces_" + i), faces);
            }
        }
    }

    /** A batch of two pictures through the mobile network with the statistics it learned. */
    @Test
    void everyAnchorOfTheMobileNetworkAgrees() {
        try (FormulaStore store = new FormulaStore(MOBILE_KEYS);
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("retinaface_mobile")) {
            RetinaFace detector = new RetinaFace(weights, DetectorBackbone.MOBILE_025);
            weights.verify();
            RetinaFace.Raw raw = detector.forward(detector.pixels(mobilePictures(fixture)));
            fixture.check("out_loc", raw.boxes(), Fixture.MODULE);
            fixture.check("out_class_logits", raw.classLogits(), Fixture.MODULE);
            fixture.check("out_landmarks", raw.landmarks(), Fixture.MODULE);
        }
    }

    /** One pass in training mode: outputs of batch statistics, every gradient, and where the running ones moved. */
    @Test
    void aTrainingPassOfTheMobileNetworkAgrees() {
        try (FormulaStore store = new FormulaStore(MOBILE_KEYS);
                Weights weights = Weights.trainable(store, FP64);
                Scope scope = Scope.open();
                Fixture fixture = Fixture.open("retinaface_mobile")) {
            RetinaFace detector = new RetinaFace(weights, DetectorBackbone.MOBILE_025, BatchNorm.Statistics.BATCH);
            weights.verify();
            RetinaFace.Raw raw = detector.forward(detector.pixels(mobilePictures(fixture)));
            fixture.check("out_train_loc", raw.boxes(), TRAINED);
            fixture.check("out_train_class_logits", raw.classLogits(), TRAINED);
            fixture.check("out_train_landmarks", raw.landmarks(), TRAINED);
            Gradients.ramp(raw.boxes())
                    .add(Gradients.ramp(raw.classLogits()))
                    .add(Gradients.ramp(raw.landmarks()))
                    .backward();
            assertThat(Gradients.check(fixture, weights, TRAINED)).isEqualTo(7 + 10);
        }
    }

    private static List<Picture> mobilePictures(Fixture fixture) {
        return Picture.of(fixture.get("in_image_bgr").flip(3));
    }

    /** Pixels may differ by 1e-5 of the picture's size: boxes are fp32 fractions of it. */
    private static void checkFaces(String what, Tensor expected, List<Face> faces) {
        assertEquals(expected.size(0), faces.size(), what);
        float[] rows = Ops.floats(expected);
        for (int i = 0; i < faces.size(); i++) {
            Face face = faces.get(i);
            double[] row = new double[15];
            row[0] = face.box().left();
            row[1] = face.box().top();
            row[2] = face.box().right();
            row[3] = face.box().bottom();
            row[4] = face.score();
            for (int k = 0; k < Face.LANDMARKS; k++) {
                row[5 + 2 * k] = face.landmarks().get(k).x();
                row[6 + 2 * k] = face.landmarks().get(k).y();
            }
            for (int k = 0; k < row.length; k++) {
                assertEquals(rows[i * 15 + k], row[k], k == 4 ? 2e-5 : 5e-3, what + " face " + i + " value " + k);
            }
        }
    }

    @Test
    void anchorsDecodingAndSuppressionAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("retinaface_units")) {
            for (int[] size : new int[][] {{64, 48}, {33, 65}, {160, 128}}) {
                String key = "out_priors_" + size[0] + "x" + size[1];
                assertTrue(torch.equal(fixture.get(key), Anchors.tensor(size[1], size[0])), key);
            }
            Tensor anchors = Anchors.tensor(48, 64);
            fixture.check("out_decode", Anchors.decodeBoxes(fixture.get("in_loc"), anchors), 1e-6);
            fixture.check("out_decode_landm", Anchors.decodeLandmarks(fixture.get("in_landm"), anchors), 1e-6);
            double[] thresholds = {0.4, 0.2, 0.5, 0.4, 0.6, 0.5};
            for (int i = 0; i < thresholds.length; i++) {
                float[] rows = Ops.floats(fixture.get("in_dets_" + i));
                int[] order = IntStream.range(0, rows.length / 5)
                        .boxed()
                        .sorted((a, b) -> Float.compare(rows[b * 5 + 4], rows[a * 5 + 4]))
                        .mapToInt(Integer::intValue)
                        .toArray();
                float[] boxes = new float[rows.length / 5 * 4];
                for (int k = 0; k < boxes.length; k++) {
                    boxes[k] = rows[k / 4 * 5 + k % 4];
                }
                List<Long> kept = Arrays.stream(Ops.longs(fixture.get("out_keep_" + i)))
                        .boxed()
                        .toList();
                assertThat(RetinaFace.suppress(boxes, order, thresholds[i]).stream()
                                .map(Integer::longValue))
                        .as("in_dets_" + i)
                        .containsExactlyElementsOf(kept);
            }
        }
    }

    @Test
    void detectionLeavesNothingBehind() {
        try (FormulaStore store = new FormulaStore(KEYS);
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            RetinaFace detector = new RetinaFace(weights, DetectorBackbone.RESNET50);
            Picture photo = Picture.filled(96, 64, 90, 120, 150);
            detector.detect(photo);
            long before = org.bytedeco.javacpp.Pointer.totalCount();
            for (int i = 0; i < 3; i++) {
                detector.detect(photo);
            }
            assertThat(org.bytedeco.javacpp.Pointer.totalCount())
                    .isLessThanOrEqualTo(before); // others may be collected
        }
    }
}
