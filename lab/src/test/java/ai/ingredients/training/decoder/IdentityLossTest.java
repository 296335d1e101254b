package ai.ingredients.training.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.FaceRecogniser;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** With the demo's recogniser, on drawn people. */
class IdentityLossTest {
    private static final IdentityLoss.Frames STILL = new IdentityLoss.Frames(1, 0, 4);
    private static final Path RECOGNISER = Path.of("../models/demo/face_encoder/recognition");
    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, 2, 5, new int[] {1}, 1, new ClipFormat(144, 96, 1, 8, 64));

    /** Cutting with gradients gives what the pipeline's cutting gives. */
    @Test
    void isTheCosineOfWhatThePipelineSeesInBothFaces() {
        Clip one = SOURCE.clip(0);
        Clip other = SOURCE.clip(1);
        try (IdentityLoss loss = IdentityLoss.open(RECOGNISER, Compute.CPU_FP32);
                FaceRecogniser recogniser = FaceRecogniser.open(RECOGNISER, Compute.CPU_FP32);
                Scope scope = Scope.open()) {
            double[] matrix = FaceAligner.matrix(landmarks(one));
            List<IdentityLoss.Place> places = List.of(new IdentityLoss.Place(0, matrix));
            Tensor truth = picture(one);
            Tensor wrong = picture(other).set_requires_grad(true);

            assertThat(value(loss.of(truth, truth, places))).isCloseTo(0, within(1e-5));

            Tensor found = loss.of(wrong, truth, places);
            float[] a = recogniser.embed(FaceAligner.crop(one.frames().getFirst(), landmarks(one), 64));
            float[] b = recogniser.embed(FaceAligner.crop(other.frames().getFirst(), landmarks(one), 64));
            assertThat(value(found)).isCloseTo(1 - cosine(a, b), within(0.05)); // bytes, and another border
            found.backward();
            assertThat(wrong.grad().abs().sum().item().toDouble()).isPositive();
        }
    }

    /** A stretch that begins elsewhere sees the same face, and none that it cuts through. */
    @Test
    void placesFollowTheStretch() {
        Clip clip = SOURCE.clip(0);
        double[] matrix = FaceAligner.matrix(landmarks(clip));
        float[] values = new float[12];
        java.util.Arrays.fill(values, Float.NaN);
        for (int i = 0; i < 6; i++) {
            values[i] = (float) matrix[i];
        }
        try (Scope scope = Scope.open()) {
            Tensor aligned = Ops.tensor(values, 2, 1, 6); // the second person is not seen
            List<IdentityLoss.Place> whole =
                    IdentityLoss.places(aligned, STILL, new IdentityLoss.Cut(0, 0, 144, 96), 3);
            assertThat(whole).hasSize(1);
            assertThat(whole.getFirst().picture()).isEqualTo(3);
            double[] moved = IdentityLoss.places(aligned, STILL, new IdentityLoss.Cut(8, 16, 144, 96), 0)
                    .getFirst()
                    .matrix();
            Face.Point nose = landmarks(clip).get(2);
            assertThat(moved[0] * (nose.x() - 8) + moved[1] * (nose.y() - 16) + moved[2])
                    .isCloseTo(matrix[0] * nose.x() + matrix[1] * nose.y() + matrix[2], within(1e-2));
            assertThat(IdentityLoss.places(aligned, STILL, new IdentityLoss.Cut((int) nose.x(), 0, 64, 96), 0))
                    .isEmpty();
        }
    }

    private static List<Face.Point> landmarks(Clip clip) {
        return Objects.requireNonNull(
                clip.people().getFirst().track().getFirst().landmarks());
    }

    private static Tensor picture(Clip clip) {
        return Picture.stack(clip.frames())
                .permute(0, 3, 1, 2)
                .to(ScalarType.Float)
                .div(new Scalar(127.5))
                .sub(new Scalar(1));
    }

    private static double value(Tensor scalar) {
        return scalar.item().toDouble();
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
            ofA += a[i] * a[i];
            ofB += b[i] * b[i];
        }
        return dot / Math.sqrt(ofA * ofB);
    }
}
