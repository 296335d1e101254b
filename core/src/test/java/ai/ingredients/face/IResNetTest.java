package ai.ingredients.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recogniser against insightface's {@code iresnet18} with formula weights: fixture {@code iresnet18}. */
class IResNetTest {
    private static final Path KEYS = Fixture.path("iresnet18_keys.txt");
    /** Batch statistics divide by small deviations, which enlarges rounding: compared in fp64, stored as fp32. */
    private static final double TRAINED = 1e-6;

    private static final Compute FP64 = Compute.CPU_FP32.with(DType.FP64);

    @TempDir
    private Path folder;

    @Test
    void embeddingsAgree() throws Exception {
        try (FormulaStore store = new FormulaStore(KEYS);
                Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("iresnet18")) {
            SafetensorsWriter.write(folder.resolve("model.safetensors"), store, java.util.Map.of());
            Files.writeString(folder.resolve("config.json"), "{\"layers\": [2, 2, 2, 2]}");
            List<Picture> faces = Picture.of(fixture.get("in_faces_rgb"));
            try (FaceRecogniser recogniser = FaceRecogniser.open(folder, Compute.CPU_FP32)) {
                assertEquals(512, recogniser.width());
                List<float[]> embeddings = recogniser.embed(faces);
                Tensor[] rows =
                        embeddings.stream().map(row -> Ops.tensor(row, 1, 512)).toArray(Tensor[]::new);
                fixture.check("out_embedding", Ops.cat(0, rows), Fixture.MODULE);
                assertArrayEquals(embeddings.get(1), recogniser.embed(faces.get(1)), 1e-5f);
            }
        }
    }

    /** One pass in training mode: the embedding, every gradient, and where the running statistics moved. */
    @Test
    void aTrainingPassAgrees() {
        try (FormulaStore store = new FormulaStore(KEYS);
                Weights weights = Weights.trainable(store, FP64);
                Scope scope = Scope.open();
                Fixture fixture = Fixture.open("iresnet18")) {
            IResNet network = new IResNet(weights, IResNetConfig.iresnet18(), BatchNorm.Statistics.BATCH);
            weights.verify();
            Tensor[] pixels = Picture.of(fixture.get("in_faces_rgb")).stream()
                    .map(face -> Ops.tensor(FaceRecogniser.blob(face, 112), 1, 3, 112, 112))
                    .toArray(Tensor[]::new);
            Tensor embedding = network.forward(FP64.place(Ops.cat(0, pixels)));
            fixture.check("out_train_embedding", embedding, TRAINED);
            Gradients.ramp(embedding).backward();
            assertThat(Gradients.check(fixture, weights, TRAINED)).isEqualTo(9 + 12);
        }
    }

    @Test
    void configsThatCannotWorkAreRefused() throws Exception {
        refused("{}", ": IResNet layers is []; expected 4 positive numbers");
        refused("{\"layers\": [1, 1, 1]}", ": IResNet layers is [1, 1, 1]; expected 4");
        refused("{\"layers\": [1, 1, 1, 1], \"widths\": [8, 8, 0, 8]}", ": IResNet widths is [8, 8, 0, 8]");
        refused("{\"layers\": [1, 1, 1, 1], \"input_size\": 100}", ": IResNet input_size is 100; expected a multiple");
        refused("{\"layers\": [1, 1, 1, 1], \"dropout\": 1}", ": IResNet dropout is 1.0; expected 0 up to below 1");
    }

    private void refused(String json, String why) throws Exception {
        Path file = Files.writeString(folder.resolve("config.json"), json);
        assertThatThrownBy(() -> IResNetConfig.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + why);
    }

    @Test
    void facesOfAnotherSizeAreRefused() {
        try (FormulaStore store = new FormulaStore(KEYS);
                Weights weights = Weights.of(store, Compute.CPU_FP32).check();
                Scope scope = Scope.inference()) {
            IResNet network = new IResNet(weights, IResNetConfig.iresnet18());
            Tensor small = Ops.tensor(new float[3 * 96 * 96], 1, 3, 96, 96);
            assertThatThrownBy(() -> network.forward(small)).hasMessageContaining("faces of 112x112, not 96x96");
        }
    }
}
