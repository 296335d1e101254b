package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.ReadBytes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders in diffusers' layout, configuration values, and the identity of weights. */
class ModelFolderTest {
    @TempDir
    Path folder;

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable action, String... expected) {
        assertThatThrownBy(action)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll(expected)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void readsTheBundle() {
        ModelFolder model = ModelFolder.open(Fixture.bundle());
        assertEquals("IngredientsPipeline", model.className());
        assertEquals("T5EncoderModel", model.className("text_encoder"));
        assertThat(model.components()).containsExactly("scheduler", "text_encoder", "tokenizer", "transformer", "vae");
        assertEquals("transformer", model.transformer());
        assertEquals("AutoencoderKLCogVideoX", model.config("vae").text("_class_name"));
        assertEquals(1000, model.config("scheduler").integer("num_train_timesteps"));
        assertThat(model.config("tokenizer").source()).endsWith("tokenizer_config.json");
        try (TensorStore store = model.weights("transformer")) {
            assertTrue(store.has("proj_out.weight"));
        }
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        refused(() -> ModelFolder.open(folder.resolve("gone")), "there is no such folder");
        Path file = Files.writeString(folder.resolve("file"), "x");
        refused(() -> ModelFolder.open(file), "is a file, expected a model folder");
        refused(() -> ModelFolder.open(folder), "has no model_index.json");
        Path model = Files.createDirectory(folder.resolve("model"));
        Files.writeString(model.resolve("model_index.json"), "{\"vae\":[\"diffusers\",\"X\"],\"unet\":[null,null]}");
        refused(() -> ModelFolder.open(folder), "did you mean " + model + "?");
        ModelFolder opened = ModelFolder.open(model);
        assertThat(opened.components()).containsExactly("vae");
        assertThat(opened.has("a\0b")).isFalse();
        refused(() -> opened.component("vae"), "has no folder vae (found: no component); download the complete model");
        Files.createDirectory(model.resolve("vae"));
        refused(() -> opened.config("vae"), "has no config.json");
        refused(() -> opened.weights("vae"), "holds no weights");
        refused(() -> opened.component("transformer"), "has no folder transformer (found: vae)");
        Files.writeString(model.resolve("vae/config.json"), "{\"a\": 1,\n}");
        refused(() -> opened.config("vae"), "vae/config.json: is not valid JSON in line 2");
        Files.writeString(model.resolve("vae/config.json"), "[]");
        refused(() -> opened.config("vae"), "holds no JSON object");
        Files.writeString(model.resolve("vae/config.json"), "{} {}");
        refused(() -> opened.config("vae"), "is not valid JSON");
        Files.writeString(model.resolve("model_index.json"), "");
        refused(() -> ModelFolder.open(model), "model_index.json: holds no JSON object");
        Files.createDirectory(model.resolve("transformer_ema"));
        assertEquals("transformer_ema", opened.transformer());
        Files.createDirectory(model.resolve("transformer"));
        assertEquals("transformer", opened.transformer());
    }

    @Test
    void valuesAreTypedAndDefaultsApplyToAbsentOnesOnly() throws IOException {
        Path file = Files.writeString(
                folder.resolve("config.json"),
                "{\"i\":16,\"f\":16.0,\"d\":0.7,\"t\":\"gelu\",\"b\":true,\"n\":null,\"l\":[1,2],\"s\":[\"a\"],"
                        + "\"o\":{\"i\":\"x\"},\"big\":3000000000}");
        ConfigReader config = ConfigReader.of(file);
        assertEquals(16, config.integer("i"));
        assertEquals(16, config.integer("f", 3));
        assertEquals(3, config.integer("n", 3));
        assertEquals(0.7, config.number("d"));
        assertEquals(16, config.number("i", 1));
        assertEquals("gelu", config.text("t", "silu"));
        assertTrue(config.flag("b", false));
        assertEquals(List.of(1, 2), config.integers("l", List.of()));
        assertEquals(List.of(1.0, 2.0), config.numbers("l", List.of()));
        assertEquals(List.of("a"), config.texts("s", List.of()));
        assertEquals(List.of(9), config.integers("absent", List.of(9)));
        refused(() -> config.integer("t", 1), file + ": \"t\" is \"gelu\", expected a whole number");
        refused(() -> config.integer("d"), "\"d\" is 0.7, expected a whole number");
        refused(() -> config.integer("big"), "\"big\" is 3000000000, expected a whole number");
        refused(() -> config.number("t", 1), "expected a number");
        refused(() -> config.flag("i", true), "\"i\" is 16, expected true or false");
        refused(() -> config.text("i", ""), "expected a text");
        refused(() -> config.integers("i", List.of()), "\"i\" is 16, expected a list of whole numbers");
        refused(() -> config.integers("s", List.of()), "\"s\" is \"a\", expected a list of whole numbers");
        refused(() -> config.section("o").integer("i"), file + ", o: \"i\" is \"x\"");
        refused(() -> config.integer("n"), "has no \"n\"");
    }

    @Test
    void theFingerprintFollowsTheContentAndNotThePlace() throws IOException {
        Path a = Files.createDirectories(folder.resolve("a/vae"));
        Path b = Files.createDirectories(folder.resolve("b/vae"));
        for (Path model : List.of(a, b)) {
            Files.write(model.resolve("model.safetensors"), new byte[1000]);
            Files.writeString(model.resolve("config.json"), model.toString());
            Files.writeString(model.resolveSibling("model_index.json"), "{}");
        }
        String whole = ModelFolder.open(folder.resolve("a")).weightsFingerprint(List.of("vae"));
        assertThat(whole).matches("sampled-sha256:[0-9a-f]{64}");
        assertEquals(whole, ModelFolder.open(folder.resolve("b")).weightsFingerprint(List.of("vae")));
        String before = Fingerprint.of(b);
        byte[] changed = new byte[1000];
        changed[500] = 1;
        Files.write(b.resolve("model.safetensors"), changed);
        assertNotEquals(before, Fingerprint.of(b));
        Files.write(b.resolve("model.safetensors"), new byte[1000]);
        assertEquals(before, Fingerprint.of(b));
        Files.write(b.resolve("more.bin"), new byte[1]);
        assertNotEquals(before, Fingerprint.of(b));
        Path linked = Files.createDirectory(folder.resolve("linked"));
        Files.writeString(linked.resolve("model_index.json"), "{}");
        Files.createSymbolicLink(linked.resolve("vae"), a);
        assertEquals(whole, ModelFolder.open(linked).weightsFingerprint(List.of("vae")));
        refused(() -> Fingerprint.of(folder.resolve("gone")), "there is no such file or folder");
        refused(() -> Fingerprint.of(Files.createDirectory(folder.resolve("empty"))), "holds no files of weights");
    }

    @Test
    void theFingerprintOfALargeFileReadsLittleAndSeesBothEnds() throws IOException {
        Path file = folder.resolve("large.bin");
        assumeTrue(ReadBytes.known(), "this system does not count what is read");
        AtomicReference<String> first = new AtomicReference<>();
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(20L << 30);
            long read = ReadBytes.of(() -> first.set(Fingerprint.of(file)));
            assertThat(read).as("bytes read").isBetween(1L << 20, 16L << 20);
            sparse.seek((20L << 30) - 1);
            sparse.write(1);
        }
        String last = Fingerprint.of(file);
        assertNotEquals(first.get(), last);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(1);
        }
        assertNotEquals(last, Fingerprint.of(file));
    }

    /** A folder as large as the 5B transformer, in as many shards; its values are holes that take no disk. */
    @Test
    void openingFortyGigabytesReadsHeadersOnly() throws IOException {
        StringBuilder index = new StringBuilder("{\"weight_map\":{");
        for (int shard = 0; shard < 8; shard++) {
            String name = "diffusion_pytorch_model-0000" + (shard + 1) + "-of-00008.safetensors";
            String[] entries = new String[250];
            long each = 20L << 20;
            for (int i = 0; i < entries.length; i++) {
                String tensor = "blocks." + shard + "." + i + ".attn1.to_q.weight";
                entries[i] = RawSafetensors.entry(tensor, "U8", "[" + each + "]", i * each, (i + 1) * each);
                index.append(shard + i == 0 ? "" : ",")
                        .append('"')
                        .append(tensor)
                        .append("\":\"")
                        .append(name)
                        .append('"');
            }
            Path file = RawSafetensors.write(folder.resolve(name), RawSafetensors.header(entries), new byte[0]);
            try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
                sparse.setLength(sparse.length() + entries.length * each);
            }
        }
        Files.writeString(folder.resolve("diffusion_pytorch_model.safetensors.index.json"), index.append("}}"));
        assumeTrue(ReadBytes.known(), "this system does not count what is read");
        Checkpoint.open(folder).close(); // loads classes
        long read = ReadBytes.of(() -> {
            try (TensorStore store = Checkpoint.open(folder)) {
                assertEquals(2000, store.names().size());
            }
        });
        assertThat(read).as("bytes read, of headers and index").isBetween(1L, 4L << 20);
    }
}
