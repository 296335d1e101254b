package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static ai.ingredients.cli.Cli.relativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.VideoReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate --count}, {@code --batch}, and the places where videos go. */
class SeveralVideosTest {
    @TempDir
    Path folder;

    private Path path(String name) {
        return folder.resolve(name);
    }

    private Cli.Result batch(String... lines) throws IOException {
        Path file = Files.write(path("batch.jsonl"), java.util.List.of(lines));
        return Cli.run(
                "generate",
                "--model",
                MODEL,
                "--batch",
                file,
                "--frames",
                9,
                "--height",
                32,
                "--width",
                48,
                "--steps",
                2,
                "--output",
                path("out.mp4"));
    }

    @Test
    void seedsAreCountedUpAndPeoplePreparedOnce() {
        Cli.Result result = generate(
                        MODEL,
                        path("out.mp4"),
                        "--image",
                        ADA,
                        "--image",
                        ALAN,
                        "--landmarks",
                        LANDMARKS,
                        "--count",
                        2,
                        "--seed",
                        "18446744073709551615",
                        "--save-latents",
                        path("latents.safetensors"),
                        "--save-frames",
                        path("frames"))
                .ok();

        assertThat(result.out().lines()).hasSize(2);
        assertThat(Cli.listing(folder).keySet())
                .contains(
                        "out-1.mp4",
                        "out-1.json",
                        "out-2.mp4",
                        "out-2.json",
                        "latents-1.safetensors",
                        "latents-2.safetensors",
                        "frames-1/frame_0000.png",
                        "frames-2/frame_0008.png")
                .doesNotContain("out.mp4", "latents.safetensors", "frames");
        assertThat(JsonFile.read(path("out-2.json")).path("seed").asText()).isEqualTo("0");
        generate(
                        MODEL,
                        path("alone.mp4"),
                        "--image",
                        ADA,
                        "--image",
                        ALAN,
                        "--landmarks",
                        LANDMARKS,
                        "--seed",
                        0,
                        "--save-latents",
                        path("alone.safetensors"))
                .ok();
        assertThat(relativeError(path("latents-2.safetensors"), "final", path("alone.safetensors"), "final"))
                .as("as if made alone")
                .isZero();
        assertThat(relativeError(path("latents-1.safetensors"), "final", path("alone.safetensors"), "final"))
                .isGreaterThan(0);
    }

    @Test
    void numbersSortAsTheyCount() {
        assertThat(OutputOptions.numbered(3, 12)).isEqualTo("-03");
        assertThat(OutputOptions.numbered(12, 12)).isEqualTo("-12");
        assertThat(OutputOptions.numbered(3, 9)).isEqualTo("-3");
        generate(MODEL, path("out.mp4"), "--count", 0).refused(2, "--count 0: use 1 to");
    }

    @Test
    void aBadLineDoesNotEndTheOthers() throws IOException {
        Cli.Result result = batch(
                "{\"prompt\": \"A walk.\", \"image\": [\"" + ADA + "\"], \"landmarks\": \"" + LANDMARKS
                        + "\", \"seed\": 7}",
                "",
                "{\"prompt\": \"No such photo.\", \"image\": \"" + path("nobody.png") + "\"}",
                "{\"promt\": \"A slip of the pen.\"}",
                "no JSON",
                "{\"prompt\": \"Two.\", \"count\": 2, \"steps\": 1, \"output\": \"" + path("named.mp4") + "\"}",
                "{\"prompt\": \"The same file.\", \"output\": \"" + path("named-1.mp4") + "\"}",
                "{\"prompt\": \"x\", \"device\": \"cuda\"}",
                "{\"prompt\": \"x\", \"frames\": 12}");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out())
                .contains("line 1: Wrote " + path("out-1.mp4") + " and ")
                .contains("line 6: Wrote " + path("named-2.mp4") + " and ")
                .contains("Batch of 8 lines: 3 videos made, 0 there already, 6 lines failed");
        String err = result.err();
        assertThat(err)
                .contains("generate: line 3: ", "generate: line 4: ", "--promt", "generate: line 5: is no valid JSON")
                .contains(
                        "generate: line 7: ",
                        "would be written by",
                        "generate: line 8: device is the same for all lines")
                .contains("generate: line 9: --frames 12");
        assertThat(JsonFile.read(path("out-1.json")).path("seed").asInt()).isEqualTo(7);
        assertThat(JsonFile.read(path("named-1.json")).path("steps").asInt()).isEqualTo(1);
        assertThat(JsonFile.read(path("named-2.json")).path("seed").asInt()).isEqualTo(43);
    }

    @Test
    void aBatchGoesOnWhereItStopped() throws IOException {
        String[] lines = {"{\"prompt\": \"One.\"}", "{\"prompt\": \"Two.\"}", "{\"prompt\": \"Three.\"}"};
        Cli.Result first = batch(lines);
        assertThat(first.code()).as(first.err()).isZero();
        Files.delete(path("out-2.mp4"));
        FileTime then = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(path("out-1.mp4"), then);
        Files.setLastModifiedTime(path("out-3.mp4"), then);
        lines[2] = "{\"prompt\": \"Another.\"}";

        Cli.Result second = batch(lines);

        assertThat(second.out())
                .contains("line 1: " + path("out-1.mp4") + " is there already")
                .contains("line 2: Wrote", "line 3: Wrote")
                .contains("3 lines: 2 videos made, 1 there already, 0 lines failed");
        assertThat(Files.getLastModifiedTime(path("out-1.mp4"))).isEqualTo(then);
        assertThat(Files.getLastModifiedTime(path("out-3.mp4"))).isNotEqualTo(then);
        assertThat(JsonFile.read(path("out-3.json")).path("prompt").asText()).isEqualTo("Another.");
    }

    @Test
    void anEmptyBatchIsRefused() throws IOException {
        batch(" ").refused(2, "batch.jsonl: is empty");
        generate(MODEL, path("out.mp4"), "--batch", path("none")).refused(2, path("none") + ": there is no such file");
    }

    @Test
    void aFolderTakesTheFrames() throws IOException {
        Cli.Result result = Cli.run(
                        "generate",
                        "--model",
                        MODEL,
                        "--prompt",
                        "A walk.",
                        "--frames",
                        9,
                        "--height",
                        32,
                        "--width",
                        48,
                        "--steps",
                        2,
                        "--save-frames",
                        path("beside"),
                        "--output",
                        path("frames") + "/")
                .ok();

        assertThat(result.out()).startsWith("Wrote " + path("frames") + " and " + path("frames/recipe.json"));
        assertThat(FrameFolder.list(path("frames"))).hasSize(9);
        for (Path frame : FrameFolder.list(path("frames"))) {
            assertThat(PictureReader.read(frame).rgb())
                    .isEqualTo(PictureReader.read(path("beside").resolve(frame.getFileName()))
                            .rgb());
        }
        assertThat(Files.readString(path("frames/frame_0000.png"), java.nio.charset.StandardCharsets.ISO_8859_1))
                .contains("A walk.");
        Cli.run("generate", "--recipe", path("frames/recipe.json"), "--output", path("frames"))
                .ok();
        assertThat(path("frames/frame_0008.png")).hasSameBinaryContentAs(path("beside/frame_0008.png"));
    }

    @Test
    void framesMayPlayFaster() {
        generate(MODEL, path("fast.mp4"), "--fps", "12.5", "--steps", 1).ok();

        try (VideoReader video = VideoReader.open(path("fast.mp4"))) {
            assertThat(video.rate().toString()).isEqualTo("25/2");
        }
        assertThat(JsonFile.read(path("fast.json")).path("fps").asText()).isEqualTo("25/2");
        generate(MODEL, path("out.mp4"), "--fps", "fast").refused(2, "frame rate \"fast\"");
    }

    /** The demo model's detector and judge; its people are found, or not, by chance in two steps. */
    @Test
    void theSeedWhosePeopleAreRecognisedBestIsKept() {
        Path model = Path.of("../models/demo");
        Object[] asked = {
            "--image",
            "../examples/person-1.png",
            "--frames",
            9,
            "--height",
            96,
            "--width",
            144,
            "--steps",
            3,
            "--prompt",
            "A woman with pink hair in a yellow coat waves in a park."
        };
        java.util.List<Object> args = new java.util.ArrayList<>(java.util.List.of(asked));
        args.addAll(java.util.List.of("--best-of", 2, "--no-metadata"));
        Cli.Result result = generate(model, path("best.mp4"), args.toArray()).ok();

        var recipe = JsonFile.read(path("best.json"));
        assertThat(recipe.path("best_of")).hasSize(2);
        assertThat(recipe.at("/best_of/0/seed").asLong()).isEqualTo(42);
        double first = recipe.at("/best_of/0/face_sim").asDouble();
        double second = recipe.at("/best_of/1/face_sim").asDouble();
        assertThat(recipe.path("seed").asLong()).isEqualTo(second > first ? 43 : 42);
        assertThat(result.err()).contains("seed 42: FaceSim ", "seed 43: FaceSim ");
        Cli.run("generate", "--recipe", path("best.json"), "--no-metadata", "--output", path("again.mp4"))
                .ok();
        assertThat(path("again.mp4")).hasSameBinaryContentAs(path("best.mp4"));
    }

    @Test
    void whatCannotBeTheBestIsRefused() {
        generate(MODEL, path("out.mp4"), "--best-of", 2).refused(2, "--best-of compares videos with photos");
        generate(MODEL, path("out.mp4"), "--best-of", 1, "--image", ADA).refused(2, "--best-of 1: use 2 to");
        generate(MODEL, path("out.mp4"), "--recogniser", path("x"), "--image", ADA)
                .refused(2, "--recogniser judges for --best-of");
        generate(MODEL, path("out.mp4"), "--best-of", 2, "--image", ADA, "--landmarks", LANDMARKS)
                .refused(2, "--best-of needs a network that judges", "evaluation/recognition");
        generate(MODEL, path("out.mp4"), "--best-of", 2, "--image", ADA, "--save-latents", path("l.safetensors"))
                .refused(2, "--best-of keeps no latents");
    }
}
