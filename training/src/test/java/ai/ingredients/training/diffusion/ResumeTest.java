package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.training.diffusion.DiffusionSettings.LoraSettings;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingRun;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that was stopped or killed and resumed ends with the bits of one that was not. */
@Timeout(600)
class ResumeTest {
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    @TempDir
    Path folder;

    enum Variant {
        PLAIN(DType.FP32, 0, 1, false, false),
        AVERAGED(DType.FP32, 0.9, 1, false, false),
        BF16(DType.BF16, 0, 1, false, false),
        ACCUMULATED(DType.FP32, 0, 2, false, false),
        CHECKPOINTED_BF16(DType.BF16, 0.9, 2, true, false),
        LOW_RANK(DType.FP32, 0.9, 1, false, true);

        final TrainerConfig training;
        final DiffusionSettings settings;

        Variant(DType precision, double ema, int accumulation, boolean checkpointing, boolean lora) {
            training = TinyTraining.trainer(7, precision, ema, accumulation, 0);
            settings = TinyTraining.settings(
                    checkpointing,
                    lora ? new LoraSettings(2, 4, "transformer_blocks.*\\.to_(q|k|v)\\.weight", null) : null);
        }
    }

    /** Trains until {@code stopAfter} steps in all are done, and returns the figures of the steps it took. */
    private Map<Long, Map<String, Double>> train(Variant variant, String run, long stopAfter) {
        Map<Long, Map<String, Double>> figures = new TreeMap<>();
        TrainingListener collecting = new TrainingListener() {
            @Override
            public void step(Progress progress) {
                figures.put(progress.step(), progress.figures());
            }
        };
        assertNull(TinyTraining.train(
                folder.resolve("cache"),
                folder.resolve(run),
                variant.training,
                variant.settings,
                collecting,
                () -> figures.containsKey(stopAfter - 1))); // asked before the listener hears of the step
        return figures;
    }

    @ParameterizedTest
    @EnumSource
    void stopped(Variant variant) throws IOException {
        Map<Long, Map<String, Double>> whole = train(variant, "whole", 6);
        train(variant, "stopped", 4); // behind the checkpoint of step 3
        Map<Long, Map<String, Double>> resumed = train(variant, "stopped", 6);
        assertEquals(6, whole.size());
        assertEquals(Set.of(5L, 6L), resumed.keySet());
        resumed.forEach((step, figures) -> assertEquals(whole.get(step), figures, "step " + step));

        Path expected = folder.resolve("whole/checkpoints/step-00000006");
        Path actual = folder.resolve("stopped/checkpoints/step-00000006");
        List<String> files = tensorFiles(expected);
        assertEquals(variant.training.emaDecay() > 0 ? 3 : 2, files.size());
        assertEquals(files, tensorFiles(actual));
        for (String file : files) {
            assertSame(expected.resolve(file), actual.resolve(file));
        }
    }

    private static List<String> tensorFiles(Path checkpoint) throws IOException {
        try (Stream<Path> files = Files.list(checkpoint)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".safetensors"))
                    .sorted()
                    .toList();
        }
    }

    private static void assertSame(Path expected, Path actual) throws IOException {
        assertEquals(-1, Files.mismatch(expected, actual), () -> "first byte in which " + actual + " differs");
    }

    /** A process of its own, ended by the system at a step nobody chose. */
    @Test
    void killed() throws IOException, InterruptedException {
        Path run = folder.resolve("killed");
        Path cache = folder.resolve("cache");
        int more = new Random().nextInt(10);
        Process process = process(cache, run);
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            String line = lines.readLine();
            while (line != null && !line.equals("checkpoint 3")) {
                line = lines.readLine();
            }
            assertTrue(line != null, () -> "the process ended by itself: " + read(folder.resolve("errors.txt")));
            for (int i = 0; i < more; i++) {
                lines.readLine();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(run.resolve(TrainingRun.MODEL)).doesNotExist();
        DiffusionSettings settings = TinyTraining.settings(false, null);
        Path resumed = Objects.requireNonNull(
                TinyTraining.train(cache, run, TinyTraining.KILLED, settings, TrainingListener.NONE, () -> false));
        Path whole = Objects.requireNonNull(TinyTraining.train(
                cache, folder.resolve("whole"), TinyTraining.KILLED, settings, TrainingListener.NONE, () -> false));
        assertSame(whole.resolve(WEIGHTS), resumed.resolve(WEIGHTS));
    }

    private Process process(Path cache, Path run) throws IOException {
        ProcessBuilder java = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Djava.awt.headless=true",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.logger=slf4j",
                TinyTraining.class.getName(),
                cache.toString(),
                run.toString());
        java.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        java.redirectError(folder.resolve("errors.txt").toFile());
        return java.start();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void aCheckpointOfAnotherShapeIsRefusedWithTheDifference() {
        Variant variant = Variant.PLAIN;
        train(variant, "run", 3);
        TinyTraining.Config config = new TinyTraining.Config(variant.training, variant.settings);
        try (RunFolder run = RunFolder.resume(folder.resolve("run"), config, TrainingRun.MAY_CHANGE);
                DiffusionStage wider = TinyTraining.stage(
                        folder.resolve("cache"), TinyTraining.model(3), variant.settings, DType.FP32, Set.of())) {
            assertThatThrownBy(() -> TrainingRun.train(
                            wider, variant.training, run, OptionalLong.of(3), TrainingListener.NONE, () -> false))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("model.safetensors")
                    .hasMessageContaining(
                            "patch_embed.proj.weight is F32[32, 32, 2, 2], this run has F32[48, 32, 2, 2]")
                    .hasMessageContaining("resume with the config it was trained with");
        }
    }
}
