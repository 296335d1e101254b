package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tools/measure_gpu.sh} where there is no GPU: what it would run can be run, and it refuses to measure nothing. */
class MeasureGpuTest {
    private static final Path TOOLS = Path.of("../tools").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    private record Ended(int status, String text) {}

    private Ended run(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Process process = builder.directory(folder.toFile()).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), text);
    }

    private Ended script(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("bash", TOOLS.resolve("measure_gpu.sh") + ""));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    @BeforeEach
    void aShellIsThere() {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no bash");
    }

    /** Words of a line that bash has quoted with %q. */
    private static List<String> words(String line) {
        return Arrays.stream(line.split("(?<!\\\\) "))
                .filter(word -> !word.isEmpty())
                .map(word -> word.replaceAll("\\\\(.)", "$1"))
                .toList();
    }

    @Test
    void whatItWouldRunAreCommandsOfOurs() throws IOException, InterruptedException {
        Ended ended = script("--dry-run", "--program", "ours", "--int8", "", "--out", "results");
        assertThat(ended.status).as(ended.text).isZero();
        Map<String, List<String>> steps = ended.text
                .lines()
                .map(MeasureGpuTest::words)
                .collect(Collectors.toMap(List::getFirst, words -> words.subList(1, words.size())));
        assertThat(steps.keySet())
                .contains("kernels", "step", "step-cudnn", "decode", "plain", "cached", "python", "summary")
                .contains("generate-none", "generate-model", "generate-layer");
        int ours = 0;
        for (List<String> words : steps.values()) {
            if (words.getFirst().equals("ours")) {
                List<String> arguments = words.subList(1, words.size());
                var read = Main.commandLine().parseArgs(arguments.toArray(String[]::new)); // fails at what is not known
                assertThat(read.hasSubcommand()).isTrue();
                ours++;
            }
        }
        assertThat(ours).isGreaterThan(10);
        assertThat(steps.get("cached")).contains("--magcache", "--device", "cuda:0", "--steps", "50");
        assertThat(steps.get("generate-layer")).containsSequence("--memory", "layer");
        assertThat(folder).isEmptyDirectory(); // a dry run leaves nothing
    }

    @Test
    void withoutAGpuItSaysSo() throws IOException, InterruptedException {
        assumeTrue(
                run("bash", "-c", "command -v nvidia-smi || true").text.isBlank(), "this machine has a GPU's driver");
        Ended ended = script("--out", "results");
        assertThat(ended.status).isEqualTo(1);
        assertThat(ended.text).contains("no nvidia-smi", "--dry-run");
        assertThat(folder).isEmptyDirectory();
        assertThat(script("--device", "cpu").text).contains("--device cpu is no GPU");
        assertThat(script("--speed").text).contains("--speed is not known");
        assertThat(script("--steps", "none", "--dry-run").text).contains("--steps none is no number of steps");
        assertThat(script("--steps").text).contains("--steps needs a value");
    }

    @Test
    void theSummaryHoldsGoalsBesideWhatWasMeasured() throws IOException, InterruptedException {
        assumeTrue(run("bash", "-c", "command -v python3 || true").text.contains("python3"), "there is no python3");
        String summary = TOOLS.resolve("measure_gpu_summary.py") + "";
        Ended nothing = run("python3", summary, folder + "");
        assertThat(nothing.status).as(nothing.text).isZero();
        assertThat(nothing.text).contains("| a whole video, everything resident | 72 s | not measured | - |");
        String whole = """
            {"machine": "M", "cases": [{"case": "generate 49 frames", "dtype": "bf16", "median_s": %s,
            "peak_device_bytes": %s, "planned_bytes": 1, "note": "denoising 60.00 s (1.20 s a step), decoding 3.00 s"}]}
            """;
        Files.writeString(folder.resolve("generate-none.json"), whole.formatted("70", "40000000000"));
        Files.writeString(folder.resolve("generate-layer.json"), whole.formatted("84", "6500000000"));
        Files.writeString(folder.resolve("cached.json"), "{\"computed\": {\"seconds\": 41.5}}");
        Ended some = run("python3", summary, folder + "");
        assertThat(some.text)
                .contains("| one denoising step with guidance, everything resident | 1.25 s | 1.20 s | yes |")
                .contains("| a whole video, everything resident | 72 s | 70.00 s | yes |")
                .contains("| a whole video with MagCache | 40 s | 41.50 s | **no** |")
                .contains("| device memory with blocks streamed | 7 GB | 6.50 GB | yes |")
                .contains("against everything resident | 1.1 x | 1.20 x | **no** |");
        assertThat(Files.readString(folder.resolve("summary.md"))).isEqualTo(some.text);
    }
}
