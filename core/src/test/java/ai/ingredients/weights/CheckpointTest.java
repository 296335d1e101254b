package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of Hugging Face components, indices of shards, renaming and overlaying. */
class CheckpointTest {
    private static final Path CASES = Path.of("src/test/resources/cases");

    @TempDir
    Path folder;

    private void file(String name, float value) {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = Map.of("w", Ops.tensor(new float[] {value}, 1));
            SafetensorsWriter.write(folder.resolve(name), tensors, Map.of());
        }
    }

    private void index(String name, String weightMap) throws IOException {
        Files.writeString(
                folder.resolve(name), "{\"metadata\":{},\"weight_map\":" + weightMap.replace('\'', '"') + "}");
    }

    private float opened(String variant) {
        try (TensorStore store = Checkpoint.open(folder, variant);
                Scope scope = Scope.inference()) {
            return Ops.floats(store.get("w"))[0];
        }
    }

    private void refused(String... expected) {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll(expected);
        OpenFiles.assertNone(folder);
    }

    @Test
    void everyComponentOfTheBundleOpens() {
        for (String component : new String[] {"transformer", "vae", "text_encoder"}) {
            try (TensorStore store = Checkpoint.open(Fixture.bundle().resolve(component))) {
                assertThat(store.names()).isNotEmpty();
            }
        }
    }

    @Test
    void theDocumentedOrderDecides() throws IOException {
        // each file added is preferred over those before it
        file("pytorch_model.bin", 1); // content decides, so a safetensors file under this name will do
        assertEquals(1, opened(""));
        file("diffusion_pytorch_model.bin", 2);
        assertEquals(2, opened(""));
        file("shard.safetensors", 3);
        index("model.safetensors.index.json", "{'w':'shard.safetensors'}");
        assertEquals(3, opened(""));
        file("diffusion_pytorch_model.safetensors", 4);
        assertEquals(4, opened(""));
        file("diffusion_pytorch_model.fp16.safetensors", 5);
        assertEquals(4, opened(""));
        assertEquals(5, opened("fp16"));
        index("diffusion_pytorch_model.safetensors.index.bf16.json", "{'w':'shard.safetensors'}");
        assertEquals(3, opened("bf16"));
    }

    @Test
    void filesAreToldByTheirContentAndNamedWhenTheyAreSomethingElse() throws IOException {
        for (String name : new String[] {"lfs.safetensors", "lfs.bin"}) {
            Path pointer = Files.copy(CASES.resolve("lfs-pointer.safetensors"), folder.resolve(name));
            assertThatThrownBy(() -> Checkpoint.open(pointer))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("is a pointer of Git LFS");
            assertThatThrownBy(() -> SafetensorsFile.open(pointer)).hasMessageContaining("is a pointer of Git LFS");
        }
        Map<String, String> others = Map.of(
                "\ufeff<!DOCTYPE html><title>Sign in</title>", "is a web page",
                "<html>", "is a web page",
                "Entry not found", "is a hub's error message (\"Entry not found\")",
                "{\"error\":\"Access to this model is restricted\"}", "is a hub's error message",
                "/annex/objects/MD5E-s3--x", "is a pointer of git-annex",
                "\u001f\u008b\u0008 and so on", "is a gzip archive; unpack it first",
                "GGUF\3\0\0\0 and so on", "is a GGUF file");
        for (String name : new String[] {"other.safetensors", "other.pt"}) {
            for (Map.Entry<String, String> other : others.entrySet()) {
                var charset =
                        other.getKey().startsWith("\ufeff") ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
                Path file = Files.write(folder.resolve(name), other.getKey().getBytes(charset));
                assertThatThrownBy(() -> Checkpoint.open(file))
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessageContaining(other.getValue());
            }
        }
        Path pickle = Files.copy(CASES.resolve("complex-legacy.pt"), folder.resolve("pickle.safetensors"));
        try (TensorStore store = Checkpoint.open(pickle)) {
            assertThat(store.names()).contains("good");
        }
    }

    @Test
    void variantsAreCalledAsDiffusersCallsThem() throws IOException {
        file("diffusion_pytorch_model.safetensors", 1);
        file("diffusion_pytorch_model.fp16.safetensors", 2);
        file("diffusion_pytorch_model.bf16-00001-of-00001.safetensors", 3);
        index(
                "diffusion_pytorch_model.safetensors.index.bf16.json",
                "{'w':'diffusion_pytorch_model.bf16-00001-of-00001.safetensors'}");
        file("diffusion_pytorch_model-00001-of-00001.old.safetensors", 4);
        index(
                "diffusion_pytorch_model.old.safetensors.index.json",
                "{'w':'diffusion_pytorch_model-00001-of-00001.old.safetensors'}");
        file("model.only.bin", 5);
        assertThat(Checkpoint.variants(folder)).containsExactly("bf16", "fp16", "old", "only");
        assertEquals(1, opened(""));
        assertEquals(2, opened("fp16"));
        assertEquals(3, opened("bf16"));
        assertEquals(4, opened("old"));
        assertEquals(5, opened("only"));
        assertThatThrownBy(() -> Checkpoint.open(folder, "../x")).hasMessageContaining("variant \"../x\" is none");
        index("diffusion_pytorch_model.bf16.safetensors.index.json", "{'w':'model.only.bin'}");
        assertThatThrownBy(() -> opened("bf16")).hasMessageContaining("has both");
    }

    @Test
    void whereOnlyAVariantIsItIsNamed() {
        Path only = CASES.resolve("fp16-variant-index");
        assertThatThrownBy(() -> Checkpoint.open(only))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("diffusion_pytorch_model.safetensors.index.fp16.json")
                .hasMessageContaining("add `variant` fp16");
        try (TensorStore store = Checkpoint.open(only, "fp16")) {
            assertThat(store.names()).containsExactly("a", "b");
        }
    }

    @Test
    void twoAnswersAreNoAnswer() throws IOException {
        file("model.safetensors", 1);
        file("shard.safetensors", 3);
        index("model.safetensors.index.json", "{'w':'shard.safetensors'}");
        refused("has both model.safetensors and model.safetensors.index.json");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        refused("holds no weights; expected one of diffusion_pytorch_model.safetensors");
        file("lora.safetensors", 1);
        refused("(it has lora.safetensors)");
        file("diffusion_pytorch_model-00001-of-00003.safetensors", 1);
        refused("but no diffusion_pytorch_model.safetensors.index.json; download that file too");
        index(
                "diffusion_pytorch_model.safetensors.index.json",
                "{'w':'diffusion_pytorch_model-00001-of-00003.safetensors',"
                        + "'x':'diffusion_pytorch_model-00002-of-00003.safetensors',"
                        + "'y':'diffusion_pytorch_model-00003-of-00003.safetensors'}");
        refused("diffusion_pytorch_model-00002-of-00003.safetensors: there is no such file", "2 files are missing");
    }

    @Test
    void anIndexMustBeTrue() throws IOException {
        file("a.safetensors", 1);
        index("model.safetensors.index.json", "{'w':'a.safetensors','other':'a.safetensors'}");
        refused("says that a.safetensors holds \"other\", but it does not");
        index("model.safetensors.index.json", "{}");
        refused("has no weight_map");
        index("model.safetensors.index.json", "{'w':3}");
        refused("expected the name of a file");
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{");
        refused("is not valid JSON");
    }

    @Test
    void anIndexCannotLeaveItsFolder() throws IOException {
        Path outside = Files.createTempFile(folder.getParent(), "outside", ".safetensors");
        Files.delete(outside);
        try (Scope scope = Scope.inference()) {
            SafetensorsWriter.write(outside, Map.of("w", Ops.tensor(new float[] {1}, 1)), Map.of());
        }
        for (String escape :
                new String[] {"../" + outside.getFileName(), outside.toString(), "..", ".", "", "a\\\\b", "C:x"}) {
            index("model.safetensors.index.json", "{'w':'" + escape + "'}");
            refused("that is not in its own folder; refusing to follow it");
        }
        Files.delete(outside);
    }

    @Test
    void anIndexWithANameThatCannotBeAPathIsRefused() throws IOException {
        Path index = folder.resolve("model.safetensors.index.json");
        try (InputStream in =
                Objects.requireNonNull(getClass().getResourceAsStream("/cases/index-bad-file-name.json"))) {
            Files.copy(in, index);
        }
        refused("\\ufeff: there is no such file", "2 files are missing");
        index("model.safetensors.index.json", "{'w':'\\udc12'}");
        refused("a file of its weight_map is \"\\udc12\", which cannot be a path here");
    }

    @Test
    void tensorsBeyondTheIndexAreSeen() throws IOException {
        try (Scope scope = Scope.inference()) {
            Tensor one = Ops.tensor(new float[] {1}, 1);
            SafetensorsWriter.write(folder.resolve("a.safetensors"), Map.of("w", one, "extra", one), Map.of());
        }
        index("model.safetensors.index.json", "{'w':'a.safetensors'}");
        try (TensorStore store = Checkpoint.open(folder)) {
            assertThat(store.names()).containsExactly("w", "extra");
        }
    }

    @Test
    void renamingAndOverlaying() {
        file("base.safetensors", 1);
        file("top.safetensors", 2);
        try (TensorStore both = new OverlayStore(java.util.List.of(
                        Checkpoint.open(folder.resolve("top.safetensors")),
                        Checkpoint.open(folder.resolve("base.safetensors")).renamed(name -> name + "2"),
                        Checkpoint.open(folder.resolve("base.safetensors"))));
                Scope scope = Scope.inference()) {
            assertThat(both.names()).containsExactly("w", "w2");
            assertThat(Ops.floats(both.get("w"))).containsExactly(2);
            assertThat(Ops.floats(both.get("w2"))).containsExactly(1);
            assertThatThrownBy(() -> both.get("x")).hasMessageContaining("has no tensor \"x\"");
        }
        OpenFiles.assertNone(folder);
        try (Scope scope = Scope.inference()) {
            Tensor one = Ops.tensor(new float[] {1}, 1);
            TensorStore two = TensorStore.of(Map.of("a.x", one, "b.x", one), "memory");
            assertThat(two.renamed(RenamedStore.below("a.")).names()).containsExactly("x");
            assertThatThrownBy(() -> two.renamed(name -> "x"))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("would both be called \"x\"");
        }
    }

    /** Networks that nobody chooses a variant of, such as those that judge. */
    @Test
    void theOnlyVariantIsTakenWhereNothingElseIs() throws IOException {
        Path good = Path.of("src/test/resources/fixtures/clip_score_model/model.safetensors");
        Files.copy(good, folder.resolve("model.fp16.safetensors"));
        try (TensorStore store = Checkpoint.openOnly(folder)) {
            assertThat(store.source()).endsWith("model.fp16.safetensors");
        }
        Files.copy(good, folder.resolve("model.bf16.safetensors"));
        assertThatThrownBy(() -> Checkpoint.openOnly(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        folder + ": has the weights of several variants (bf16, fp16) and no plain ones; leave those of"
                                + " one there");
        Files.copy(good, folder.resolve("model.safetensors"));
        try (TensorStore store = Checkpoint.openOnly(folder)) {
            assertThat(store.source()).endsWith(File.separator + "model.safetensors");
        }
        try (TensorStore store = Checkpoint.openOnly(good)) {
            assertThat(store.names()).isNotEmpty();
        }
    }
}
