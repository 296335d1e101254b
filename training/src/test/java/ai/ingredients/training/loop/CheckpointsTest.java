package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints: whole or not there, and never the last good one lost. */
class CheckpointsTest {
    @TempDir
    Path folder;

    private static ObjectNode state(long samples) {
        return JsonNodeFactory.instance.objectNode().put("samples", samples);
    }

    private static void save(Checkpoints checkpoints, long step) {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> model = Map.of("w", Ops.tensor(new float[] {step, 2, 3, 4}, 2, 2));
            Map<String, Tensor> optimizer = Map.of("w.m", Ops.tensor(new float[] {-step}, 1));
            checkpoints.save(new Checkpoints.Content(
                    step,
                    Map.of("model.safetensors", model, "optimizer.safetensors", optimizer),
                    state(step * 8),
                    extra -> {
                        try {
                            Files.writeString(
                                    Files.createDirectory(extra.resolve("vocabulary"))
                                            .resolve("a"),
                                    "abc");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }));
        }
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        Checkpoints checkpoints = Checkpoints.in(folder, 2);
        assertTrue(checkpoints.latest().isEmpty());
        save(checkpoints, 1200);
        assertThat(folder.resolve("step-00001200")).isDirectory();
        try (Saved saved = checkpoints.load(checkpoints.latest().orElseThrow());
                Scope scope = Scope.inference()) {
            assertEquals(1200, saved.step());
            assertEquals(9600, saved.state().get("samples").longValue());
            assertEquals("abc", Files.readString(saved.folder().resolve("vocabulary/a")));
            assertArrayEquals(
                    new float[] {-1200},
                    Ops.floats(saved.tensors("optimizer.safetensors").get("w.m")));
            assertTrue(saved.has("model.safetensors"));
            assertFalse(saved.has("ema.safetensors"));
            Tensor target = Ops.tensor(new float[4], 2, 2);
            saved.restore("model.safetensors", Map.of("w", target));
            assertArrayEquals(new float[] {1200, 2, 3, 4}, Ops.floats(target));
        }
    }

    @Test
    void anotherShapeIsRefusedWithTheDifferences() {
        Checkpoints checkpoints = Checkpoints.in(folder, 2);
        save(checkpoints, 1);
        try (Saved saved = checkpoints.load(1);
                Scope scope = Scope.inference()) {
            Tensor wide = Ops.tensor(new float[6], 2, 3);
            Tensor other = Ops.tensor(new float[1], 1);
            assertThatThrownBy(() -> saved.restore("model.safetensors", Map.of("w", wide)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining(
                            "model.safetensors: does not fit this run: w is F32[2, 2], this run has F32[2, 3]");
            assertThatThrownBy(() -> saved.restore("model.safetensors", Map.of("v", other)))
                    .hasMessageContaining("v F32[1] is missing; w F32[2, 2] is not part of this run");
            assertArrayEquals(new float[6], Ops.floats(wide));
            assertThatThrownBy(() -> saved.tensors("ema.safetensors")).isInstanceOf(InvalidInputException.class);
        }
    }

    @Test
    void theNewestAreKept() {
        Checkpoints checkpoints = Checkpoints.in(folder, 2);
        for (long step = 100; step <= 900; step += 100) {
            save(checkpoints, step);
            assertEquals(step, checkpoints.latest().orElseThrow());
        }
        assertEquals(List.of(800L, 900L), checkpoints.steps());
        assertThat(folder.toFile().list()).hasSize(2);
        checkpoints.discardAfter(800);
        assertEquals(List.of(800L), checkpoints.steps());
    }

    @Test
    void aWriteThatFailsLosesNothing() {
        Checkpoints checkpoints = Checkpoints.in(folder, 1);
        save(checkpoints, 1);
        for (long step : new long[] {1, 2}) {
            assertThatThrownBy(() -> checkpoints.save(new Checkpoints.Content(step, Map.of(), state(0), extra -> {
                        throw new OperationFailedException("no space left on device");
                    })))
                    .isInstanceOf(OperationFailedException.class);
            assertEquals(List.of(1L), checkpoints.steps());
            assertThat(folder.toFile().list()).containsExactly("step-00000001");
        }
        try (Saved saved = checkpoints.load(1)) {
            assertEquals(8, saved.state().get("samples").longValue());
        }
    }

    @Test
    void aStepSavedAgainIsReplaced() {
        Checkpoints checkpoints = Checkpoints.in(folder, 1);
        save(checkpoints, 1);
        checkpoints.save(new Checkpoints.Content(1, Map.of(), state(5), null));
        try (Saved saved = checkpoints.load(1)) {
            assertEquals(5, saved.state().get("samples").longValue());
            assertFalse(saved.has("model.safetensors"));
        }
        assertThat(folder.toFile().list()).hasSize(1);
    }

    @Test
    void aDamagedCheckpointIsNotTheLatest() throws IOException {
        Checkpoints checkpoints = Checkpoints.in(folder, 5);
        for (long step = 1; step <= 4; step++) {
            save(checkpoints, step);
        }
        Files.delete(checkpoints.folder(4).resolve("optimizer.safetensors"));
        Files.writeString(checkpoints.folder(3).resolve("model.safetensors"), "short");
        Files.writeString(checkpoints.folder(2).resolve("state.json"), "{");
        save(checkpoints, 5);
        Path state = checkpoints.folder(5).resolve("state.json");
        Files.writeString(state, Files.readString(state).replace("\"model.safetensors\"", "\"\\u0000\""));
        assertEquals(List.of(1L), checkpoints.steps());
        assertThatThrownBy(() -> checkpoints.load(5))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("names a file \"\\u0000\" that cannot be");
        assertThatThrownBy(() -> checkpoints.load(4)).hasMessageContaining("optimizer.safetensors cannot be read");
        assertThatThrownBy(() -> checkpoints.load(3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("model.safetensors has 5 bytes, expected");
        assertThatThrownBy(() -> checkpoints.load(2)).hasMessageContaining("state.json is missing or damaged");
        assertThatThrownBy(() -> checkpoints.load(9)).hasMessageContaining("no such checkpoint");
    }

    /** Any bit of any file, and so of the list of files and of the data position too. */
    @Test
    void aFlippedBitIsFound() throws IOException {
        Checkpoints checkpoints = Checkpoints.in(folder, 5);
        save(checkpoints, 1);
        save(checkpoints, 2);
        Random random = new Random(1);
        for (String name : List.of("model.safetensors", "optimizer.safetensors", "vocabulary/a", "state.json")) {
            Path file = checkpoints.folder(2).resolve(name);
            byte[] good = Files.readAllBytes(file);
            for (int i = 0; i < 200; i++) {
                byte[] bad = good.clone();
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bad);
                if (sameJson(good, bad)) {
                    continue; // another kind of white space
                }
                assertEquals(1, checkpoints.find("latest"), () -> new String(bad, StandardCharsets.ISO_8859_1));
                assertThatThrownBy(() -> checkpoints.load(2))
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessageContaining("step-00000002");
            }
            Files.write(file, good);
            assertEquals(2, checkpoints.find("latest"));
        }
    }

    private static boolean sameJson(byte[] a, byte[] b) {
        try {
            return JsonFile.parse(new ByteArrayInputStream(a)).equals(JsonFile.parse(new ByteArrayInputStream(b)));
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aCheckpointOfAVersionWithoutChecksumsIsReadAsBefore() throws IOException {
        Checkpoints checkpoints = Checkpoints.in(folder, 5);
        save(checkpoints, 1);
        Path file = checkpoints.folder(1).resolve("state.json");
        ObjectNode state = (ObjectNode) JsonFile.read(file);
        JsonFile.write(file, state.without(List.of("checksum", "checksums")));
        checkpoints.load(1).close();
    }

    @Test
    void aCheckpointIsFoundByWhatSomebodyTypes() {
        Checkpoints checkpoints = Checkpoints.in(folder, 5);
        assertThatThrownBy(() -> checkpoints.find("latest")).hasMessageContaining("there is none");
        save(checkpoints, 10);
        save(checkpoints, 20);
        assertEquals(20, checkpoints.find("latest"));
        assertEquals(10, checkpoints.find("10"));
        assertEquals(10, checkpoints.find("step-00000010"));
        assertThatThrownBy(() -> checkpoints.find("15"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no complete checkpoint \"15\"; there are 10, 20");
    }

    /** Saves one checkpoint after the other and tells each on the standard output, until it is killed. */
    static final class Saver {
        private Saver() {}

        public static void main(String[] arguments) {
            Checkpoints checkpoints = Checkpoints.in(Path.of(arguments[0]), 2);
            for (long step = checkpoints.latest().orElse(0) + 1; ; step++) {
                save(checkpoints, step);
                System.out.println(step);
            }
        }
    }

    @Test
    void aKilledProcessLeavesTheLastCheckpointWhole() throws IOException, InterruptedException {
        long seen = 0;
        for (int kills = 0; kills < 2; kills++) {
            Process process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            Saver.class.getName(),
                            folder.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader told = process.inputReader(StandardCharsets.UTF_8)) {
                for (int lines = 0; lines < 25; lines++) {
                    seen = Long.parseLong(told.readLine());
                }
                process.destroyForcibly().waitFor();
            }
            Checkpoints checkpoints = Checkpoints.in(folder, 2);
            long latest = checkpoints.latest().orElseThrow();
            assertThat(latest).isGreaterThanOrEqualTo(seen);
            assertThat(checkpoints.steps()).hasSizeBetween(2, 3);
            assertThat(folder.toFile().list()).hasSize(checkpoints.steps().size());
            try (Saved saved = checkpoints.load(latest);
                    Scope scope = Scope.inference()) {
                assertArrayEquals(
                        new float[] {latest, 2, 3, 4},
                        Ops.floats(saved.tensors("model.safetensors").get("w")));
            }
        }
    }
}
