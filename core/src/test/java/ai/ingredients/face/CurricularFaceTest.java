package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** The evaluation's second recogniser against the official code: fixture {@code curricular_face}. */
class CurricularFaceTest {
    private static final Path FILE = Fixture.path("curricular_face.bin");

    /** The fixture holds one pixel of every 4x4. */
    private static List<Picture> faces(Fixture fixture) {
        return Picture.of(fixture.get("in_faces")).stream()
                .map(face -> Resampling.openCv(face, 224, 224, Resampling.OpenCvFilter.NEAREST))
                .toList();
    }

    @Test
    void embeddingsAgree() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("curricular_face");
                CurricularFaceRecogniser recogniser = CurricularFaceRecogniser.open(FILE, Compute.CPU_FP32)) {
            assertEquals(24, recogniser.width());
            Tensor[] rows = recogniser.embed(faces(fixture)).stream()
                    .map(row -> Ops.tensor(row, 1, 24))
                    .toArray(Tensor[]::new);
            fixture.check("out_embedding", Ops.cat(0, rows), Fixture.MODULE);
        }
    }

    @Test
    void theNetworkAgrees() {
        try (TensorStore store = Checkpoint.open(FILE);
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("curricular_face")) {
            IResNetConfig config = CurricularFace.config(store);
            assertEquals(new IResNetConfig(List.of(2, 1, 2, 1), List.of(6, 8, 10, 12), 24, 112, 0), config);
            CurricularFace network = new CurricularFace(weights, config);
            weights.verify();
            Tensor[] pixels = faces(fixture).stream()
                    .map(face -> Ops.tensor(FaceRecogniser.blob(face, 112), 1, 3, 112, 112))
                    .toArray(Tensor[]::new);
            fixture.check("out_raw", network.forward(Ops.cat(0, pixels)), Fixture.MODULE);
            Tensor small = Ops.tensor(new float[3 * 96 * 96], 1, 3, 96, 96);
            assertThatThrownBy(() -> network.forward(small)).hasMessageContaining("faces of 112x112, not 96x96");
        }
    }

    @Test
    void thePublishedNetworkIsNamedAndShapedAlike() {
        try (TensorStore published = new KeyListStore(Fixture.path("curricular_face_keys.txt"));
                Weights names = Weights.of(published, Compute.CPU_FP32);
                Weights shapes = names.check();
                Scope scope = Scope.inference()) {
            IResNetConfig config = CurricularFace.config(published);
            assertEquals(IResNetConfig.iresnet100(), config);
            assertThat(new CurricularFace(shapes, config).config()).isEqualTo(config);
            names.verify();
        }
    }

    @Test
    void otherWeightsAreRefused() {
        Path other = Fixture.path("sam_weights.safetensors");
        assertThatThrownBy(() -> CurricularFaceRecogniser.open(other, Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(other + ": has no fitting \"body.0.res_layer.1.weight\"; expected a CurricularFace network,"
                        + " such as glint360k_curricular_face_r101_backbone.bin");
    }
}
