package ai.ingredients.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint we write from a model has the official keys, dtypes and shapes, and the same values. */
class WrittenCheckpointTest {
    private static final String BASE = "diffusion_pytorch_model";

    @Test
    void transformer(@TempDir Path folder) {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        try (Scope scope = Scope.inference();
                TensorStore official = bundle.folder().weights("transformer");
                Weights weights = Weights.trainable(official, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, bundle.transformer(), Residency.RESIDENT)) {
            assertEquals(bundle.transformer(), model.config());
            SafetensorsWriter.write(
                    folder.resolve(BASE + ".safetensors"), weights.parameters(), Map.of("format", "pt"));
            assertSame(official, folder);
        }
    }

    @Test
    void autoencoder(@TempDir Path folder) {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        try (Scope scope = Scope.inference();
                TensorStore official = bundle.folder().weights("vae");
                Weights weights = Weights.trainable(official, Compute.CPU_FP32)) {
            VideoVae vae = VideoVae.load(weights, bundle.vae());
            weights.verify();
            assertEquals(bundle.vae(), vae.config());
            SafetensorsWriter.write(
                    folder.resolve(BASE + ".safetensors"), weights.parameters(), Map.of("format", "pt"));
            assertSame(official, folder);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {100_000, 1_000_000})
    void shards(long maxShardBytes, @TempDir Path folder) {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        try (Scope scope = Scope.inference();
                TensorStore official = bundle.folder().weights("transformer")) {
            SafetensorsWriter.writeSharded(folder, BASE, official, maxShardBytes);
            assertSame(official, folder);
            assertTrue(folder.resolve(BASE + ".safetensors.index.json").toFile().isFile(), "an index");
        }
    }

    /** Storing in half precision keeps keys and shapes, as released checkpoints do. */
    @Test
    void halfPrecision(@TempDir Path folder) {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        Compute bf16 = Compute.CPU_FP32.with(DType.BF16);
        try (Scope scope = Scope.inference();
                TensorStore official = bundle.folder().weights("transformer")) {
            Map<String, Tensor> half = new LinkedHashMap<>();
            official.names().forEach(name -> half.put(name, bf16.place(official.get(name))));
            SafetensorsWriter.write(folder.resolve(BASE + ".safetensors"), half, Map.of());
            try (TensorStore written = Checkpoint.open(folder)) {
                assertEquals(official.names(), written.names());
                for (String name : official.names()) {
                    assertEquals(official.info(name).shape(), written.info(name).shape(), name);
                    assertEquals(DType.BF16, written.info(name).dtype(), name);
                }
            }
        }
    }

    private static void assertSame(TensorStore official, Path folder) {
        try (TensorStore written = Checkpoint.open(folder)) {
            assertEquals(official.names(), written.names());
            for (String name : official.names()) {
                assertEquals(official.info(name), written.info(name), name);
                assertTrue(torch.equal(official.get(name), written.get(name)), name + ": other values");
            }
        }
    }
}
