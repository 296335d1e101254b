package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.FIXTURES;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoReader;
import ai.ingredients.media.VideoWriter;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ingredients inspect} as a user types it. */
class InspectCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path people;

    @BeforeAll
    static void preparePeople() {
        people = Cli.randomPeople(2, shared.resolve("people.safetensors"));
    }

    /** {@code inspect run} of the smallest useful video. */
    private static Cli.Result run(Path output, Object... args) {
        List<Object> all = new ArrayList<>(List.of("inspect", "run", "--model", MODEL, "--prompt", "A walk."));
        all.addAll(List.of("--frames", 9, "--height", 32, "--width", 48, "--steps", 3, "--output", output));
        all.addAll(List.of(args));
        return Cli.run(all.toArray());
    }

    private static Path video(Path file, int frames, int fps) {
        try (VideoWriter video = VideoWriter.create(file, 96, 64, VideoWriter.Settings.at(FrameRate.of(fps)))) {
            for (int i = 0; i < frames; i++) {
                video.add(Picture.filled(96, 64, 90, 90, 90));
            }
            video.finish();
        }
        return file;
    }

    @Test
    void everythingIsWrittenAndShownBesideAnotherInspection() {
        Path reference = folder.resolve("new/reference");
        Path branches = folder.resolve("branches");

        Cli.Result first = run(reference, "--faces", people, "--steps-shown", 2).ok();
        Cli.Result second = run(
                        branches,
                        "--image",
                        ADA,
                        "--image",
                        ALAN,
                        "--landmarks",
                        LANDMARKS,
                        "--routing",
                        "per-branch",
                        "--overlay",
                        "contour",
                        "--frame",
                        8,
                        "--against",
                        reference)
                .ok();

        assertThat(Cli.listing(reference).keySet())
                .containsExactlyInAnyOrder(
                        "",
                        "inspection.json",
                        "overlay.mp4",
                        "residual.png",
                        "residual.safetensors",
                        "routing-blocks-steps.png",
                        "routing-frames.png",
                        "routing.safetensors",
                        "video.mp4");
        assertThat(Cli.listing(branches).keySet()).contains("against.png");
        assertThat(first.out())
                .contains("block  tokens of person 1 / person 2", "entropy", "residual", "Wrote", "" + reference)
                .doesNotContain("right person");
        assertThat(second.out()).contains("tokens of ada / alan");
        JsonNode json = JsonFile.read(reference.resolve("inspection.json"));
        assertThat(json.at("/steps")).hasSize(3);
        assertThat(json.at("/steps_shown").toString()).isEqualTo("[0,2]");
        assertThat(json.at("/blocks/1/block").intValue()).isEqualTo(2);
        assertThat(json.at("/frame").intValue()).isEqualTo(4);
        assertThat(json.at("/mean/entropy_bits").doubleValue()).isBetween(0.01, 1.0);
        assertThat(json.at("/mean/residual").doubleValue()).isGreaterThan(0.01);
        assertThat(json.at("/mean/accuracy").isNull()).isTrue();
        assertThat(json.at("/recipe/prompt").asText()).isEqualTo("A walk.");
        assertThat(JsonFile.read(branches.resolve("inspection.json"))
                        .at("/recipe/routing")
                        .asText())
                .isEqualTo("per-branch");
        for (Path inspected : List.of(reference, branches)) {
            assertThat(VideoReader.readAll(inspected.resolve("video.mp4"))).hasSize(9);
            assertThat(VideoReader.readAll(inspected.resolve("overlay.mp4"))).hasSize(9);
        }
        Picture steps = PictureReader.read(reference.resolve("routing-blocks-steps.png"));
        Picture against = PictureReader.read(branches.resolve("against.png"));
        assertThat(against.width()).isGreaterThan(steps.width());

        Path sheet = folder.resolve("both.png");
        Cli.run("inspect", "compare", reference, branches, "--labels", "one,other", "--output", sheet)
                .ok();
        assertThat(PictureReader.read(sheet).height()).isEqualTo(against.height());
        Cli.run("inspect", "compare", reference, folder.resolve("none"), "--output", sheet)
                .refused(2, "is a folder among videos");
        Cli.run("inspect", "compare", reference, folder, "--output", folder.resolve("both.jpg"))
                .refused(2, "both.jpg", ".png");
        Cli.run("inspect", "compare", reference, folder, "--output", sheet).refused(2, "holds no inspection");
        Cli.run("inspect", "compare", reference, branches, "--height", 64, "--output", sheet)
                .refused(2, "--height is for videos");
    }

    /** The same seed makes the video of {@code generate}: being watched changes nothing. */
    @Test
    void theVideoIsThatOfGenerate() {
        Path plain = folder.resolve("plain.mp4");
        run(folder.resolve("inspected"), "--faces", people, "--seed", 5).ok();
        Cli.generate(MODEL, plain, "--faces", people, "--seed", 5, "--steps", 3).ok();

        assertThat(VideoReader.readAll(folder.resolve("inspected/video.mp4"))).isEqualTo(VideoReader.readAll(plain));
    }

    @Test
    void masksTellWhoShouldOwnWhat() throws IOException {
        Path masks = Files.createDirectory(folder.resolve("masks"));
        for (int i = 0; i < 9; i++) {
            Picture mask = Picture.filled(48, 32, 0, 2, 0);
            for (int at = 0; at < mask.rgb().length / 2; at++) {
                mask.rgb()[at] = (byte) (at % 3 == 1 ? 1 : 0);
            }
            Png.write(masks.resolve("frame_000" + i + ".png"), mask);
        }

        Cli.Result result =
                run(folder.resolve("out"), "--faces", people, "--masks", masks).ok();

        assertThat(result.out()).contains("right person");
        JsonNode json = JsonFile.read(folder.resolve("out/inspection.json"));
        assertThat(json.at("/mean/accuracy").doubleValue()).isBetween(0.1, 0.9);
    }

    @Test
    void onePersonIsShownWithAWarning() {
        Path alone = Cli.randomPeople(1, folder.resolve("alone.safetensors"));

        Cli.Result result =
                run(folder.resolve("out"), "--faces", alone, "--guidance", 1).ok();

        assertThat(result.err()).contains("warning: with one person there is nothing to choose between");
        JsonNode mean = JsonFile.read(folder.resolve("out/inspection.json")).at("/mean");
        assertThat(mean.at("/owned/0").doubleValue()).isEqualTo(1);
        assertThat(mean.at("/entropy_bits").doubleValue()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        --steps-shown 0            | --steps-shown 0 is too few | at least 1
        --frame 9                  | --frame 9 does not exist   | frames 0 to 8
        --frame -1                 | --frame -1 does not exist  | frames 0 to 8
        --overlay dots             | overlay "dots"             | tint or contour
        --scheduler euler          | euler                      | ddim
        --routing any              | any                        | per-branch
        --memory some              | some                       | layer
        --dtype int8               | int8                       | bf16
        --frame-shown 2            | --frame-shown              | did you mean
        --guidance NaN             | --guidance                 | no number
        --masks nowhere            | --masks nowhere            | there is no such folder
        --against nowhere          | nowhere: holds no inspection | inspect run
        --image x.png              | --faces and --image        | one of them
        --landmarks x.json         | --landmarks                | --image
        """)
    void badValues(String options, String found, String remedy) {
        List<Object> args = new ArrayList<>(List.of("--faces", people));
        args.addAll(List.of((Object[]) options.split(" ", -1)));
        run(folder.resolve("out"), args.toArray()).refused(2, found, remedy);
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void badInput() throws IOException {
        Path out = folder.resolve("out");
        Cli.run("inspect").refused(2, "run or compare");
        run(out).refused(2, "without people nothing is routed", "--image");
        Cli.run("inspect", "run", "--faces", people, "--output", out).refused(2, "--prompt");
        List<Object> plain = new ArrayList<>(List.of("inspect", "run", "--prompt", "A walk.", "--output", out));
        plain.addAll(List.of("--faces", people, "--model", FIXTURES.resolve("bundle_t2v")));
        Cli.run(plain.toArray()).refused(2, "knows no people", "nothing is routed");
        run(out, "--faces", Cli.randomPeople(2, 17, 32, folder.resolve("other.safetensors")))
                .refused(2, "id_cond", "17 wide");
        run(out, "--image", folder.resolve("none.png")).refused(2, "none.png: there is no such file");
        assertThat(out).doesNotExist();

        Path file = Files.writeString(folder.resolve("file"), "text");
        run(file, "--faces", people).refused(2, "is not a folder");
        Path own = Cli.randomPeople(2, folder.resolve("routing.safetensors"));
        run(folder, "--faces", own).refused(2, "is read by --faces and would be overwritten");
        // Masks are tried before the photos, for which this model has no detector.
        run(out, "--image", ADA, "--image", ALAN, "--masks", folder).refused(2, "there is no frame_0000.png");
    }

    @Test
    void videosSideBySide() throws IOException {
        Path a = video(folder.resolve("a.mp4"), 5, 8);
        Path b = video(folder.resolve("b.mp4"), 3, 4);
        Path out = folder.resolve("out.mp4");

        Cli.Result result = compare(a, b, "--labels", "before,after").ok();
        assertThat(result.out()).contains("Wrote " + out + ", 5 frames");
        assertThat(result.errLines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith("note: the videos have different"));
        try (VideoReader reader = VideoReader.open(out)) {
            assertThat(reader.metadata()).containsEntry("comment", "before | after");
        }
        Path same = video(Files.createDirectory(folder.resolve("x")).resolve("a.mp4"), 5, 8);
        compare(a, same, "--height", 64).ok();
        try (VideoReader reader = VideoReader.open(out)) {
            assertThat(reader.metadata()).containsEntry("comment", folder.getFileName() + "/a | x/a");
        }
    }

    private Cli.Result compare(Object... args) {
        List<Object> all = new ArrayList<>(List.of("inspect", "compare", "--output", folder.resolve("out.mp4")));
        all.addAll(List.of(args));
        return Cli.run(all.toArray());
    }

    @Test
    void whatCannotBeComparedIsRefused() throws IOException {
        Path a = video(folder.resolve("a.mp4"), 2, 8);
        Path text = Files.writeString(folder.resolve("text.mp4"), "no video");
        compare().refused(2, "VIDEO");
        compare(a).refused(2, "only", "a.mp4", "two or more");
        compare(a, a, "--labels", "one").refused(2, "--labels has 1 name for 2 inputs");
        compare(a, a, "--labels", "one,two,three").refused(2, "--labels has 3 names for 2 inputs");
        compare(a, text).refused(2, "text.mp4");
        compare(a, folder.resolve("none.mp4")).refused(2, "none.mp4: there is no such file");
        compare(a, folder).refused(2, "is a folder among videos", "only");
        compare(a, a, "--height", 50).refused(2, "--height 50", "multiple of 16");
        assertThat(folder.resolve("out.mp4")).doesNotExist();
        Cli.run("inspect", "compare", a, a, "--output", folder.resolve("out.avi"))
                .refused(2, "out.avi", ".mp4");
        Cli.run("inspect", "compare", a, a, "--output", a).refused(2, "is read by VIDEO and would be overwritten");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        run     | --model --image --faces --prompt --prompt-file --output --steps-shown --frame --overlay --masks --against --seed --steps --guidance --frames --height --width --scheduler --routing --face-scale --dtype --device --memory --vae-tiling --landmarks --face-index --verbose --help
        compare | VIDEO --labels --height --output --verbose --help
        """)
    void helpListsEveryOption(String command, String options) {
        Cli.Result help = Cli.run("inspect", command, "--help").ok();

        assertThat(help.out()).contains(options.split(" ", -1));
        assertThat(help.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }
}
