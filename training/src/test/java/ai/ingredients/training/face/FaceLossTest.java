package ai.ingredients.training.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Anchors;
import ai.ingredients.face.Face;
import ai.ingredients.face.RetinaFace;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** The losses against Pytorch_Retinaface's and insightface's: fixtures {@code multibox_loss} and {@code arcface_margin}. */
class FaceLossTest {
    private static final int WIDTH = 128;
    private static final int HEIGHT = 96;

    @Test
    void theDetectorsLossAgrees() {
        try (Scope scope = Scope.open();
                Fixture fixture = Fixture.open("multibox_loss")) {
            Tensor boxes = leaf(fixture, "in_loc");
            Tensor logits = leaf(fixture, "in_class_logits");
            Tensor landmarks = leaf(fixture, "in_landmarks");
            float[] anchors = Anchors.of(HEIGHT, WIDTH);
            List<DetectorTargets> targets = truth(fixture).stream()
                    .map(faces -> DetectorTargets.match(faces, anchors, WIDTH, HEIGHT))
                    .toList();
            MultiBoxLoss.Parts parts =
                    MultiBoxLoss.REFERENCE.parts(new RetinaFace.Raw(boxes, logits, landmarks), targets);
            fixture.check("out_faces", parts.faces().reshape(1), 1e-5);
            fixture.check("out_boxes", parts.boxes().reshape(1), 1e-5);
            fixture.check("out_landmark_loss", parts.landmarks().reshape(1), 1e-5);
            MultiBoxLoss.REFERENCE.total(parts).backward();
            fixture.check("out_grad_loc", boxes.grad(), 1e-5);
            fixture.check("out_grad_class_logits", logits.grad(), 1e-5);
            fixture.check("out_grad_landmarks", landmarks.grad(), 1e-5);
        }
    }

    private static Tensor leaf(Fixture fixture, String key) {
        return fixture.get(key).clone().set_requires_grad(true);
    }

    private static List<List<Face>> truth(Fixture fixture) {
        float[] rows = Ops.floats(fixture.get("in_faces"));
        List<List<Face>> pictures = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int at = 0; at < rows.length; at += 15) {
            List<Face.Point> points = new ArrayList<>();
            for (int k = 0; k < Face.LANDMARKS; k++) {
                points.add(new Face.Point(rows[at + 5 + 2 * k], rows[at + 6 + 2 * k]));
            }
            Face.Box box = new Face.Box(rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4]);
            pictures.get((int) rows[at]).add(new Face(box, 1, points));
        }
        return pictures;
    }

    /** The reference leaves such pictures out; a detector must also learn where nobody is. */
    @Test
    void aPictureWithoutFacesCountsWithItsHardestAnchors() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("multibox_loss")) {
            RetinaFace.Raw raw = new RetinaFace.Raw(
                    fixture.get("in_loc").narrow(0, 0, 1),
                    fixture.get("in_class_logits").narrow(0, 0, 1),
                    fixture.get("in_landmarks").narrow(0, 0, 1));
            DetectorTargets nothing = DetectorTargets.match(List.of(), Anchors.of(HEIGHT, WIDTH), WIDTH, HEIGHT);
            assertEquals(0, nothing.positives());
            MultiBoxLoss.Parts parts = MultiBoxLoss.REFERENCE.parts(raw, List.of(nothing));
            float[] entropy = Ops.floats(raw.classLogits()
                    .log_softmax(2)
                    .select(2, 0)
                    .neg()
                    .flatten()
                    .sort()
                    .get0());
            double hardest = 0;
            for (int i = 1; i <= 7; i++) {
                hardest += entropy[entropy.length - i];
            }
            assertEquals(hardest, parts.faces().item().toDouble(), 1e-4);
            assertEquals(0, parts.boxes().item().toDouble());
        }
    }

    @Test
    void theAngularMarginAgrees() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("arcface_margin")) {
            MarginLoss loss = new MarginLoss(0.4, 32);
            Tensor embeddings = fixture.get("in_embeddings");
            Tensor centres = fixture.get("in_centres");
            Tensor labels = fixture.get("in_labels");
            Tensor cosines = MarginLoss.cosines(embeddings, centres);
            fixture.check("out_cosines", cosines, 1e-6);
            fixture.check("out_logits", loss.logits(cosines, labels), 1e-5);
            fixture.check("out_loss", loss.of(embeddings, centres, labels).reshape(1), 1e-5);
        }
    }

    /** Beyond π − margin the target goes on falling; at angle 0 and π the gradients are finite. */
    @Test
    void theMarginIsMonotonousAndItsGradientsAreFinite() {
        try (Scope scope = Scope.open()) {
            MarginLoss loss = new MarginLoss(0.5, 1);
            float[] angles = {0, 1, 2, 2.6f, 2.65f, 3, (float) Math.PI};
            float[] rows = new float[angles.length * 2];
            for (int i = 0; i < angles.length; i++) {
                rows[2 * i] = (float) Math.cos(angles[i]);
                rows[2 * i + 1] = (float) Math.sin(angles[i]);
            }
            Tensor embeddings = Ops.tensor(rows, angles.length, 2).set_requires_grad(true);
            Tensor centre = Ops.tensor(new float[] {1, 0}, 1, 2);
            Tensor labels = Ops.tensor(new long[angles.length], angles.length);
            Tensor targets = loss.logits(MarginLoss.cosines(embeddings, centre), labels);
            float[] values = Ops.floats(targets);
            for (int i = 1; i < values.length; i++) {
                assertThat(values[i]).isLessThan(values[i - 1]);
            }
            targets.sum().backward();
            for (float gradient : Ops.floats(embeddings.grad())) {
                assertThat(gradient).isFinite();
            }
            assertThatThrownBy(() -> new MarginLoss(1.6, 30))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("margin is 1.6");
        }
    }

    /** Four people in the plane: two photos of the first are near, those of the fourth belong to the third. */
    @Test
    void verificationCountsWhoIsNearest() {
        double[] degrees = {0, 10, 90, 90, 180, 260, 270, 180};
        List<Picture> faces = new ArrayList<>();
        for (int i = 0; i < degrees.length; i++) {
            faces.add(Picture.filled(1, 1, i, 0, 0));
        }
        Verification measured = Verification.of(
                faces,
                some -> some.stream()
                        .map(face -> {
                            double angle = Math.toRadians(degrees[face.rgb()[0]]);
                            return new float[] {3 * (float) Math.cos(angle), 3 * (float) Math.sin(angle)};
                        })
                        .toList());
        assertEquals(0.5, measured.top1());
        double same =
                (Math.cos(Math.toRadians(10)) + 1 + Math.cos(Math.toRadians(80)) + Math.cos(Math.toRadians(90))) / 4;
        assertEquals(same, measured.same(), 1e-6);
        // Cosines of different people: -1 and -0.98 and -0.17 twice each, 0 three times, 0.17, 0.98, 1. Those of the
        // same:
        // 0.98, 1, 0.17, 0. Ties count half, but where rounding decides.
        double right = 10.5 + 11.5 + 9.5 + 7.5;
        assertEquals(right / 48, measured.auc(), 0.03);
    }
}
