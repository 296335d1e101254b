package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What only shows in a process of its own: an interruption, and a disk that takes no more. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class ProcessTest {
    @TempDir
    Path folder;

    private Path out = Path.of("");

    @BeforeEach
    void makeFolder() throws IOException {
        out = Files.createDirectory(folder.resolve("out"));
    }

    /** {@code generate} with everything it can write, started through a shell that first runs {@code preparation}. */
    private Process start(String preparation, Object... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                preparation + "exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.logger=slf4j",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "generate",
                "--model",
                Cli.MODEL.toString(),
                "--prompt",
                "A walk.",
                "--faces",
                Cli.randomPeople(2, folder.resolve("people.safetensors")).toString(),
                "--frames",
                "9",
                "--height",
                "64",
                "--width",
                "96"));
        for (Object arg : more) {
            command.add(arg.toString());
        }
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("err").toFile())
                .redirectOutput(folder.resolve("stdout").toFile())
                .start();
    }

    private String err() throws IOException {
        return Files.readString(folder.resolve("err"), StandardCharsets.UTF_8);
    }

    /** SIGTERM, since a SIGINT that the parent ignores (a test run in the background) stays ignored in children. */
    @Test
    void anInterruptionLeavesNoFile() throws Exception {
        Process process = start(
                "", "--steps", 1000, "--output", out.resolve("out.mp4"), "--save-frames", out.resolve("a/frames"));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!err().contains("preparing the people") && process.isAlive() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(process.isAlive()).as(err()).isTrue();
        assertThat(Cli.listing(out).keySet()).as("a video is being written").hasSizeGreaterThan(1);

        process.destroy();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        assertThat(Cli.listing(out).keySet()).isEqualTo(Set.of(""));
        assertThat(err()).doesNotContain("\tat ", "Exception");
    }

    /** A limit on the size of files stands for the full disk: writing beyond it fails in the same way. */
    @ParameterizedTest
    @CsvSource({"4, out.mp4, --steps", "64, latents.safetensors, --save-latents", "4, frame_0000.png, --save-frames"})
    void aFullDiskLeavesNoFile(int limit, String victim, String option) throws Exception {
        List<Object> args = new ArrayList<>(List.of("--output", out.resolve("out.mp4"), "--seed", 1));
        args.addAll(option.equals("--steps") ? List.of(option, 1) : List.of("--steps", 1, option, out.resolve(victim)));
        Process process = start("ulimit -f " + limit + "; ", args.toArray());

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(err()).doesNotContain("\tat ", "Exception");
        assertThat(process.exitValue()).as(err()).isEqualTo(1);
        assertThat(err().lines().toList().getLast())
                .startsWith("ingredients generate: ")
                .contains(victim);
        assertThat(Cli.listing(out).keySet()).isEqualTo(Set.of(""));
    }
}
