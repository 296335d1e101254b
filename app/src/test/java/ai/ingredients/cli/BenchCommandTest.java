package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ingredients bench}, as a user types it. */
class BenchCommandTest {
    @TempDir
    Path folder;

    @Test
    void kernelsNeedNoWeights() {
        Path file = folder.resolve("kernels.json");
        Cli.Result result = Cli.run(
                        "bench", "--cases", "kernels", "--warm-up", "0", "--repeat", "1", "--json", "" + file)
                .ok();
        assertThat(result.out()).contains("matmul 512", "conv3d", "GFLOP/s");
        JsonNode json = JsonFile.read(file);
        assertThat(json.path("machine").asText()).contains("libtorch", "threads");
        assertThat(json.path("cases").findValuesAsText("case")).contains("attention 12x100x64");
    }

    @Test
    void weightsThatWereMadeMakeAVideo() {
        Path model = folder.resolve("random");
        Cli.run("bench", "make-weights", "" + model, "--size", "tiny", "--shard-gb", "0.002")
                .ok();
        Path video = folder.resolve("out.mp4");
        Cli.Result made = Cli.run(
                        "generate",
                        "--model",
                        "" + model,
                        "--prompt",
                        "Two people talk.",
                        "--frames",
                        "9",
                        "--height",
                        "64",
                        "--width",
                        "96",
                        "--steps",
                        "1",
                        "--output",
                        "" + video)
                .ok();
        assertThat(Files.exists(video)).isTrue();
        assertThat(made.err()).contains("memory: reading the prompt ", "denoising ", " free, level ");
        Cli.Result measured = Cli.run(
                        "bench", "--weights", "" + model, "--cases", "decode", "--warm-up", "0", "--repeat", "1")
                .ok();
        assertThat(measured.out()).contains("decode 9 frames of 96x64");
    }

    @Test
    void whatIsNotKnownIsRefused() {
        assertThat(Cli.run("bench", "--cases", "speed").err()).contains("case \"speed\" is not known");
        assertThat(Cli.run("bench", "--size", "huge").err()).contains("size \"huge\" is not known");
        assertThat(Cli.run("bench", "--frames", "10").err()).contains("--frames 10 cannot be made");
        assertThat(Cli.run("bench", "--threads", "0", "--cases", "kernels").err())
                .contains("--threads 0 is too few");
        Path there = folder;
        assertThat(Cli.run("bench", "make-weights", "" + there, "--size", "tiny")
                        .err())
                .contains("is there already");
        assertThat(Cli.run("bench", "make-weights", "" + folder.resolve("a"), "--size", "mid", "--like", "" + there)
                        .err())
                .contains("use one of them");
    }
}
