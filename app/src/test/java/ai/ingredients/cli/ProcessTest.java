package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import ai.ingredients.media.VideoReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
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
        List<Object> args = new ArrayList<>(List.of(
                "generate",
                "--model",
                Cli.MODEL,
                "--prompt",
                "A walk.",
                "--faces",
                Cli.randomPeople(2, folder.resolve("people.safetensors")),
                "--frames",
                "9",
                "--height",
                "64",
                "--width",
                "96"));
        args.addAll(List.of(more));
        return program(preparation, args);
    }

    private Process program(String preparation, List<Object> args) throws IOException {
        Path temp = Files.createDirectories(folder.resolve("temp"));
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
                "-Djava.io.tmpdir=" + temp,
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        args.forEach(arg -> command.add(arg.toString()));
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("err").toFile())
                .redirectOutput(folder.resolve("stdout").toFile())
                .start();
    }

    private String err() throws IOException {
        return Files.readString(folder.resolve("err"), StandardCharsets.UTF_8);
    }

    /** Not SIGINT: one that the parent ignores (a test run in the background) stays ignored in children. */
    @ParameterizedTest
    @CsvSource({"TERM, 15", "HUP, 1"})
    void anInterruptionLeavesNoFile(String name, int number) throws Exception {
        Process process = start(
                "", "--steps", 1000, "--output", out.resolve("out.mp4"), "--save-frames", out.resolve("a/frames"));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!err().contains("preparing the people") && process.isAlive() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(process.isAlive()).as(err()).isTrue();
        assertThat(Cli.listing(out).keySet()).as("a video is being written").hasSizeGreaterThan(1);

        new ProcessBuilder("kill", "-s", name, Long.toString(process.pid()))
                .start()
                .waitFor();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + number);
        assertThat(Cli.listing(out).keySet()).isEqualTo(Set.of(""));
        assertThat(err()).doesNotContain("\tat ", "Exception");
        assertNothingElseIsLeft();
    }

    private void assertNothingElseIsLeft() {
        assertThat(Cli.listing(folder.resolve("temp")).keySet()).isEqualTo(Set.of(""));
        assertThat(folder.resolve("crash.log")).doesNotExist();
    }

    /** Libraries are still being loaded then; {@code build/soak/exits.sh} does the same three hundred times. */
    @RepeatedTest(4)
    void anEarlyFailureEndsInOrder() throws Exception {
        Process process = start("", "--output", out.resolve("no/such/folder.mp4"));

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(err()).isEqualTo(2);
        assertThat(err().lines()).hasSize(1);
        assertNothingElseIsLeft();
    }

    /** ONNX Runtime makes a folder there in every process. */
    @Test
    void theTempFolderStaysEmpty() throws Exception {
        Process process = program(
                "",
                List.of(
                        "faces",
                        Cli.ADA,
                        "--landmarks",
                        Cli.LANDMARKS,
                        "--model",
                        Cli.MODEL,
                        "--output",
                        out.resolve("ada.safetensors")));

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(err()).isZero();
        assertNothingElseIsLeft();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aReportThatWentNowhereIsAFailure() throws Exception {
        Process full = program("exec > /dev/full; ", List.of("help"));
        assertThat(full.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(full.exitValue()).isEqualTo(1);
        assertThat(err()).contains("could not be written", "No space left").doesNotContain("\tat ");

        Process closed = program("exec > /dev/null; ", List.of("help"));
        assertThat(closed.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(closed.exitValue()).as(err()).isZero();
    }

    @Test
    void bytesThatAreNoTextAreRefused() throws Exception {
        Process process = program(
                "LC_ALL=C.UTF-8; export LC_ALL; set -- \"$@\" \"$(printf 'caf\\351')\"; ",
                List.of("generate", "--prompt"));

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(err()).isEqualTo(2);
        assertThat(err()).contains("caf", "UTF-8").doesNotContain("\tat ");
    }

    /** Two seeds, one name: whoever ends last owns all three files. */
    @Test
    void filesOfTwoRunsAreNotMixed() throws Exception {
        Path video = out.resolve("out.mp4");
        List<Process> runs = new ArrayList<>();
        for (int seed = 1; seed <= 3; seed++) {
            runs.add(start(
                    "",
                    "--steps",
                    1,
                    "--seed",
                    seed,
                    "--output",
                    video,
                    "--save-latents",
                    out.resolve("l.safetensors")));
        }
        for (Process run : runs) {
            assertThat(run.waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(run.exitValue()).as(err()).isZero();
        }
        ObjectNode recipe = (ObjectNode) JsonFile.read(out.resolve("out.json"));
        recipe.remove("files"); // where they lie is not in the video
        try (VideoReader reader = VideoReader.open(video)) {
            assertThat(reader.metadata().get("comment")).isEqualTo(recipe.toString());
        }
        Path again = out.resolve("again/out.mp4");
        Files.createDirectory(again.getParent());
        Process alone = start(
                "",
                "--steps",
                1,
                "--seed",
                recipe.get("seed").asInt(),
                "--output",
                again,
                "--save-latents",
                again.resolveSibling("l.safetensors"));
        assertThat(alone.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(out.resolve("l.safetensors")).hasSameBinaryContentAs(again.resolveSibling("l.safetensors"));
        assertThat(Cli.listing(out).keySet()).noneMatch(name -> name.contains(".part") || name.contains(".lock"));
    }

    /** A limit on the size of files stands for the full disk: writing beyond it fails in the same way. */
    @Test
    void aFullDiskLeavesNoFile() throws Exception {
        Process process = start("ulimit -f 4; ", "--steps", 1, "--seed", 1, "--output", out.resolve("out.mp4"));

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(err()).doesNotContain("\tat ", "Exception");
        assertThat(process.exitValue()).as(err()).isEqualTo(1);
        assertThat(err().lines().toList().getLast())
                .startsWith("ingredients generate: ")
                .contains("out.mp4");
        assertThat(Cli.listing(out).keySet()).isEqualTo(Set.of(""));
    }

    /** What was asked for beside the video may fail; the video is there. */
    @ParameterizedTest
    @CsvSource({"l.safetensors, --save-latents", "frames, --save-frames"})
    void aFailingSideOutputDoesNotCostTheVideo(String victim, String option) throws Exception {
        Path video = out.resolve("out.mp4");
        Path place = Files.createDirectory(folder.resolve("place"));
        Process process = start("", "--steps", 60, "--output", video, option, place.resolve(victim));
        while (!err().contains("preparing the people") && process.isAlive()) {
            Thread.sleep(20);
        }
        removeTree(place);

        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(err()).doesNotContain("\tat ", "Exception");
        assertThat(err().lines().toList().getLast())
                .startsWith("ingredients generate: " + option + " failed: ")
                .contains(victim);
        assertThat(process.exitValue()).as(err()).isEqualTo(1);
        assertThat(Cli.listing(out).keySet()).isEqualTo(Set.of("", "out.json", "out.mp4"));
    }

    /** The inputs are read at the start; what becomes of them then costs nothing. */
    @Test
    void inputsThatDisappearCostNothing() throws Exception {
        Path photo = Files.copy(Path.of(Cli.ADA), folder.resolve("ada.png"));
        Path other = Files.copy(Path.of(Cli.ALAN), folder.resolve("alan.png")); // the landmarks name it, too
        Path landmarks = Files.copy(Path.of(Cli.LANDMARKS), folder.resolve("landmarks.json"));
        Process process = program(
                "",
                List.of(
                        "generate",
                        "--model",
                        Cli.MODEL,
                        "--prompt",
                        "A walk.",
                        "--image",
                        photo,
                        "--landmarks",
                        landmarks,
                        "--frames",
                        9,
                        "--height",
                        32,
                        "--width",
                        48,
                        "--steps",
                        60,
                        "--output",
                        out.resolve("out.mp4")));
        while (!err().contains("preparing the people") && process.isAlive()) {
            Thread.sleep(20);
        }
        Files.delete(photo);
        Files.delete(other);
        Files.delete(landmarks);

        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(err()).isZero();
        assertThat(Cli.listing(out).keySet()).isEqualTo(Set.of("", "out.json", "out.mp4"));
    }

    private static void removeTree(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
