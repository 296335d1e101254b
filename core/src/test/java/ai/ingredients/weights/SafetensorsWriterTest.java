package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is what is read; a failure leaves nothing behind. */
class SafetensorsWriterTest {
    @TempDir
    Path folder;

    private static Tensor counting(long... shape) {
        long n = 1;
        for (long d : shape) {
            n *= d;
        }
        float[] values = new float[Math.toIntExact(n)];
        for (int i = 0; i < values.length; i++) {
            values[i] = i - 3;
        }
        return Ops.tensor(values, shape);
    }

    @Test
    void orderMetadataAndValuesSurvive() throws IOException {
        Path file = folder.resolve("w.safetensors");
        try (Scope scope = Scope.inference()) {
            Tensor matrix = counting(3, 4);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("zebra", Ops.tensor(new byte[] {1, 2, 3}, 3)); // would misalign what follows if kept first
            tensors.put("transposed", matrix.t());
            tensors.put("strided", matrix.slice(1, null, null, 2));
            tensors.put("alias", matrix);
            tensors.put("half", matrix.to(ScalarType.BFloat16));
            tensors.put("scalar", Ops.tensor(new long[] {-7}));
            tensors.put("empty", counting(2, 0));
            tensors.put("Größe \"x\"", matrix);
            SafetensorsWriter.write(file, tensors, Map.of("step", "3"));
            try (SafetensorsFile read = SafetensorsFile.open(file)) {
                assertThat(read.names()).containsExactlyElementsOf(tensors.keySet());
                assertEquals(Map.of("format", "pt", "step", "3"), read.metadata());
                for (var entry : tensors.entrySet()) {
                    Tensor found = read.get(entry.getKey());
                    assertEquals(TensorInfo.of(entry.getValue()), read.info(entry.getKey()));
                    assertTrue(torch.equal(entry.getValue(), found), entry.getKey());
                    if (found.numel() > 0) {
                        assertEquals(
                                found.data_ptr(), read.get(entry.getKey()).data_ptr(), entry.getKey() + ": copied");
                    }
                }
            }
        }
        ByteBuffer start = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0, start.getLong(0) % 8, "header length is not a multiple of 8");
        assertEquals('{', start.get(8));
        assertOnly("w.safetensors");
    }

    @Test
    void everyDtypeSurvives() {
        Path file = folder.resolve("d.safetensors");
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            List<DType> written = Arrays.stream(DType.values())
                    .filter(dtype -> dtype != DType.OTHER)
                    .toList();
            for (DType dtype : written) {
                // Scales of blocks have no zero.
                float[] values = dtype == DType.FP8_E8M0 ? new float[] {2, 1, 1} : new float[] {0, 1, 1};
                tensors.put(dtype.tag(), Ops.tensor(values, 3).to(dtype.scalarType()));
            }
            SafetensorsWriter.write(file, tensors, Map.of());
            try (SafetensorsFile read = SafetensorsFile.open(file)) {
                for (DType dtype : written) {
                    assertEquals(dtype, read.info(dtype.tag()).dtype());
                    float first = dtype == DType.FP8_E8M0 ? 2 : 0;
                    assertThat(Ops.floats(read.get(dtype.tag())))
                            .as(dtype.tag())
                            .containsExactly(first, 1, 1);
                }
            }
        }
    }

    @Test
    void aCheckpointIsCopiedByteForByteInItsValues() {
        Path copy = folder.resolve("copy.safetensors");
        Path original = Fixture.bundle().resolve("vae");
        try (TensorStore store = Checkpoint.open(original);
                Scope scope = Scope.inference()) {
            SafetensorsWriter.write(copy, store, Map.of());
            try (SafetensorsFile read = SafetensorsFile.open(copy)) {
                assertThat(read.names()).containsExactlyElementsOf(store.names());
                store.names().forEach(name -> assertTrue(torch.equal(store.get(name), read.get(name)), name));
            }
        }
    }

    @Test
    void anOlderFileIsReplacedEvenWhileItIsRead() {
        Path file = folder.resolve("w.safetensors");
        try (Scope scope = Scope.inference()) {
            SafetensorsWriter.write(file, Map.of("a", counting(4)), Map.of());
            try (SafetensorsFile old = SafetensorsFile.open(file)) {
                SafetensorsWriter.write(file, Map.of("a", old.get("a").mul(old.get("a"))), Map.of());
                assertThat(Ops.floats(old.get("a"))).containsExactly(-3, -2, -1, 0);
            }
            try (SafetensorsFile read = SafetensorsFile.open(file)) {
                assertThat(Ops.floats(read.get("a"))).containsExactly(9, 4, 1, 0);
            }
        }
    }

    @Test
    void aFailureLeavesTheOlderFileAndNothingElse() throws IOException {
        Path file = folder.resolve("w.safetensors");
        try (Scope scope = Scope.inference()) {
            SafetensorsWriter.write(file, Map.of("a", counting(4)), Map.of());
            byte[] before = Files.readAllBytes(file);
            Map<String, Tensor> bad = new LinkedHashMap<>();
            bad.put("a", counting(4));
            bad.put("b", counting(4).to(ScalarType.Byte).view(ScalarType.Bits8));
            assertThatThrownBy(() -> SafetensorsWriter.write(file, bad, Map.of()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("tensor \"b\"");
            assertThat(Files.readAllBytes(file)).isEqualTo(before);
        }
        assertOnly("w.safetensors");
    }

    @Test
    void aStoreThatFailsInTheMiddleLeavesNothing() throws IOException {
        Path shards = Files.createDirectory(folder.resolve("shards"));
        try (Scope scope = Scope.inference()) {
            Tensor tensor = counting(4);
            TensorStore failing = new MemoryStore(Map.of("a", tensor, "b", tensor), "test") {
                private int reads;

                @Override
                public Tensor get(String name) {
                    if (reads++ > 0) {
                        throw new OperationFailedException("cable pulled");
                    }
                    return super.get(name);
                }
            };
            assertThatThrownBy(() -> SafetensorsWriter.writeSharded(shards, "model", failing, 16))
                    .hasMessage("cable pulled");
        }
        assertThat(shards).isEmptyDirectory();
        OpenFiles.assertNone(folder);
    }

    @Test
    void aWrongPlaceIsSaidToBeOne() {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = Map.of("a", counting(4));
            assertThatThrownBy(() -> SafetensorsWriter.write(Path.of("/dev/full"), tensors, Map.of()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("not a regular file");
            assertThatThrownBy(() -> SafetensorsWriter.write(folder.resolve("no/where.safetensors"), tensors, Map.of()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("does not exist; create it first");
            assertThatThrownBy(() -> SafetensorsWriter.write(folder, tensors, Map.of()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("is a folder");
            assertThatThrownBy(() ->
                            SafetensorsWriter.write(folder.resolve("w"), Map.of("__metadata__", counting(1)), Map.of()))
                    .isInstanceOf(InvalidInputException.class);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void shardsAreNamedAndIndexedAsHuggingFaceDoes() throws IOException {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : List.of("e", "d", "c", "b", "a")) {
                tensors.put(name, counting(4)); // 16 bytes each
            }
            tensors.put("large", counting(20)); // 80 bytes, larger than a shard
            SafetensorsWriter.writeSharded(folder, "diffusion_pytorch_model", tensors, 40);
            assertOnly(
                    "diffusion_pytorch_model-00001-of-00004.safetensors",
                    "diffusion_pytorch_model-00002-of-00004.safetensors",
                    "diffusion_pytorch_model-00003-of-00004.safetensors",
                    "diffusion_pytorch_model-00004-of-00004.safetensors",
                    "diffusion_pytorch_model.safetensors.index.json");
            JsonNode index = JsonFile.read(folder.resolve("diffusion_pytorch_model.safetensors.index.json"));
            assertEquals(160, index.path("metadata").path("total_size").asLong());
            assertEquals(
                    "diffusion_pytorch_model-00002-of-00004.safetensors",
                    index.path("weight_map").path("c").asText());
            try (TensorStore read = Checkpoint.open(folder)) {
                assertThat(read.names()).containsExactlyElementsOf(tensors.keySet());
                tensors.forEach((name, tensor) -> assertTrue(torch.equal(tensor, read.get(name)), name));
            }
            // A later save that fits into one file must not leave the shards, which would be ambiguous.
            SafetensorsWriter.writeSharded(folder, "diffusion_pytorch_model", tensors, 1000);
            assertOnly("diffusion_pytorch_model.safetensors");
            try (TensorStore read = Checkpoint.open(folder)) {
                assertThat(read.names()).containsExactlyElementsOf(tensors.keySet());
            }
            SafetensorsWriter.writeSharded(folder, "diffusion_pytorch_model", tensors, 100);
            try (TensorStore read = Checkpoint.open(folder)) {
                assertEquals(6, read.names().size());
            }
        }
    }

    private void assertOnly(String... names) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            assertThat(children.map(child -> String.valueOf(child.getFileName())))
                    .containsExactlyInAnyOrder(names);
        }
    }
}
