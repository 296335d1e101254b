package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.FIXTURES;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static ai.ingredients.cli.Cli.relativeError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.Video;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.VideoReader;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ingredients generate} as a user types it, when all is well. */
class GenerateCommandTest {
    /** Relative error allowed after a whole multi-step fp32 pipeline. */
    private static final double PIPELINE = 1e-4;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"pipeline_dpm_4, 3", "pipeline_ddim_4, 3", "pipeline_dpm_dynamic_cfg, -1", "pipeline_dpm_noguidance, -1"
    })
    void reproducesTheOfficialPipeline(String name, int lastStep) throws IOException {
        JsonNode settings =
                JSON.readTree(FIXTURES.resolve("manifest.json").toFile()).at("/files/" + name + "/settings");
        Path latents = folder.resolve("latents.safetensors");
        Path pngs = folder.resolve("frames");
        List<Object> args = new ArrayList<>(List.of(
                "generate",
                "--model",
                MODEL,
                "--faces",
                Cli.people(name, folder.resolve("people.safetensors")),
                "--prompt",
                settings.path("prompt").asText(),
                "--negative-prompt",
                settings.path("negative_prompt").asText(""),
                "--seed",
                settings.path("seed"),
                "--steps",
                settings.path("steps"),
                "--guidance",
                settings.path("guidance_scale"),
                "--frames",
                settings.path("num_frames"),
                "--height",
                settings.path("height"),
                "--width",
                settings.path("width"),
                "--max-sequence-length",
                settings.path("max_sequence_length"),
                "--scheduler",
                settings.path("scheduler").asText("dpm"),
                "--output",
                folder.resolve("out.mp4"),
                "--save-latents",
                latents,
                "--save-frames",
                pngs));
        if (settings.path("use_dynamic_cfg").asBoolean()) {
            args.add("--dynamic-guidance");
        }

        Cli.run(args.toArray()).ok();

        Path expected = Cli.fixture(name);
        int last = lastStep < 0 ? settings.path("steps").asInt() - 1 : lastStep;
        assertThat(relativeError(latents, "initial", expected, "out_initial_latents"))
                .as("noise, bit for bit")
                .isZero();
        assertThat(relativeError(latents, "image", expected, "out_image_latents"))
                .isLessThan(1e-5);
        assertThat(relativeError(latents, "final", expected, "out_latents_" + last))
                .isLessThan(PIPELINE);
        try (Scope scope = Scope.inference();
                SafetensorsFile fixture = SafetensorsFile.open(expected)) {
            Tensor frames = fixture.get("out_frames_uint8").select(0, 0); // [F, H, W, 3]
            List<Path> files = FrameFolder.list(pngs);
            assertThat(files).hasSize((int) frames.size(0));
            for (int i = 0; i < files.size(); i++) {
                Tensor png = Ops.tensor(PictureReader.read(files.get(i)).rgb(), frames.size(1), frames.size(2), 3);
                double worst = png.to(ScalarType.Int)
                        .sub(frames.select(0, i).to(ScalarType.Int))
                        .abs()
                        .max()
                        .item()
                        .toDouble();
                assertThat(worst).as(files.get(i) + " in 1/255").isLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void photosBecomeAVideoWithItsRecipe() throws IOException {
        Path output = folder.resolve("park.mp4");
        Path routing = folder.resolve("routing.safetensors");

        Cli.Result result = generate(
                MODEL, output, "--image", ADA, "--image", ALAN, "--landmarks", LANDMARKS, "--save-routing", routing);

        result.ok();
        assertThat(result.out()).isEqualToIgnoringNewLines("Wrote " + output + " and " + folder.resolve("park.json"));
        assertThat(result.errLines())
                .anySatisfy(line -> assertThat(line)
                        .contains("9 frames of 48x32", "2 people", "2 dpm steps", "seed 42", "fp32 on cpu"));
        assertThat(result.err()).contains("denoising: 2/2", "s/step").doesNotContain("warning");
        JsonNode recipe = JSON.readTree(folder.resolve("park.json").toFile());
        try (VideoReader video = VideoReader.open(output)) {
            JsonNode within = recipe.deepCopy();
            ((ObjectNode) within).remove("files"); // paths are nobody else's business
            assertThat(JSON.readTree(video.metadata().get("comment"))).isEqualTo(within);
        }
        Set<String> keys = new HashSet<>();
        recipe.fieldNames().forEachRemaining(keys::add);
        assertThat(keys)
                .containsExactlyInAnyOrder(
                        "prompt",
                        "negative_prompt",
                        "people",
                        "photos",
                        "photos_sha256",
                        "landmarks",
                        "landmarks_sha256",
                        "frames",
                        "height",
                        "width",
                        "seed",
                        "steps",
                        "scheduler",
                        "guidance_scale",
                        "image_guidance_scale",
                        "guidance",
                        "routing",
                        "face_scale",
                        "max_sequence_length",
                        "vae_tiling",
                        "files",
                        "model",
                        "computed");
        assertThat(recipe.path("prompt").asText()).isEqualTo("A walk.");
        assertThat(recipe.path("photos").toString()).isEqualTo("[\"ada.png\",\"alan.png\"]");
        assertThat(recipe.at("/photos_sha256/0").asText()).matches("[0-9a-f]{64}");
        assertThat(recipe.at("/model/weights_fingerprint").asText()).contains("sha256:");
        assertThat(recipe.at("/computed/libtorch").asText()).isNotEmpty();
        assertThat(recipe.at("/computed/java").asText())
                .isEqualTo(Runtime.version().toString());
        checkRouting(routing);
    }

    /** V = f · h/2 · w/2 tokens: 3 latent frames, 2 rows and 3 columns; two steps; the tiny model routes in one block. */
    private static void checkRouting(Path file) {
        try (Scope scope = Scope.inference();
                SafetensorsFile routing = SafetensorsFile.open(file)) {
            assertThat(routing.metadata())
                    .containsEntry("frames", "3")
                    .containsEntry("rows", "2")
                    .containsEntry("columns", "3");
            assertThat(routing.metadata().get("timesteps")).matches("\\d+,\\d+");
            assertThat(routing.names())
                    .anyMatch(name -> name.startsWith("step_000.block_"))
                    .anyMatch(name -> name.startsWith("step_001.block_"));
            for (String name : routing.names()) {
                Tensor weights = routing.get(name);
                assertThat(Ops.shape(weights)).as(name).containsExactly(18, 2);
                Tensor sums = weights.sum(1);
                assertThat(sums.min().item().toDouble()).isEqualTo(1, within(1e-6));
                assertThat(sums.max().item().toDouble()).isEqualTo(1, within(1e-6));
            }
        }
    }

    /** What a calibration has written serves the next generation, and its recipe says so. */
    @Test
    void aCalibrationServesLaterVideos() throws IOException {
        Path ratios = folder.resolve("ratios.json");
        generate(MODEL, folder.resolve("plain.mp4"), "--steps", 3, "--magcache-calibrate", ratios)
                .ok();

        Path fast = folder.resolve("fast.mp4");
        generate(
                        MODEL,
                        fast,
                        "--steps",
                        3,
                        "--magcache=9,1,0",
                        "--magcache-ratios",
                        ratios,
                        "--guidance-interval",
                        "0..0.7",
                        "--scheduler",
                        "unipc")
                .ok();

        JsonNode recipe = JSON.readTree(folder.resolve("fast.json").toFile());
        assertThat(recipe.path("scheduler").asText()).isEqualTo("unipc");
        assertThat(recipe.path("guidance_interval").toString()).isEqualTo("[0.0,0.7]");
        assertThat(recipe.path("magcache").path("mag_ratios"))
                .hasSize(3)
                .isEqualTo(JSON.readTree(ratios.toFile()).path("mag_ratios"));
        assertThat(JSON.readTree(folder.resolve("plain.json").toFile()).has("magcache"))
                .isFalse();
        Cli.run(
                        "generate",
                        "--recipe",
                        folder.resolve("fast.json"),
                        "--output",
                        folder.resolve("more.mp4"),
                        "--magcache-calibrate",
                        folder.resolve("more-ratios.json"))
                .refused(2, "--magcache-calibrate", "calibrate without --recipe");
    }

    @Test
    void aCalibrationOfTheSecondCacheServesLaterVideos() throws IOException {
        Path polynomial = folder.resolve("moved.json");
        generate(MODEL, folder.resolve("plain.mp4"), "--steps", 4, "--teacache-calibrate", polynomial)
                .ok();

        Path fast = folder.resolve("fast.mp4");
        generate(MODEL, fast, "--steps", 4, "--teacache=9", "--teacache-polynomial", polynomial)
                .ok();

        JsonNode recipe = JSON.readTree(folder.resolve("fast.json").toFile());
        JsonNode found = JSON.readTree(polynomial.toFile());
        assertThat(recipe.path("teacache").path("threshold").asDouble()).isEqualTo(9);
        assertThat(recipe.path("teacache").path("coefficients")).hasSize(5).isEqualTo(found.path("coefficients"));
        assertThat(recipe.path("teacache").path("range")).hasSize(2).isEqualTo(found.path("range"));
        assertThat(JSON.readTree(folder.resolve("plain.json").toFile()).has("teacache"))
                .isFalse();
    }

    @Test
    void withoutPhotosTheTextAloneMakesTheVideo() throws IOException {
        Path output = folder.resolve("out.mp4");

        Cli.Result result = generate(MODEL, output, "--save-routing", folder.resolve("r.safetensors"))
                .ok();

        assertThat(result.err()).contains("no people", "warning: without people nothing is routed");
        assertThat(Cli.listing(folder).keySet()).containsExactly("", "out.json", "out.mp4");
        assertThat(JSON.readTree(folder.resolve("out.json").toFile())
                        .path("people")
                        .asInt())
                .isZero();

        generate(FIXTURES.resolve("bundle_t2v"), folder.resolve("plain.mp4")).ok();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void anyNumberOfPeople(int count) throws IOException {
        List<Object> args = new ArrayList<>(List.of("--landmarks", LANDMARKS, "--steps", 1));
        IntStream.range(0, count).forEach(i -> args.addAll(List.of("--image", i % 2 == 0 ? ADA : ALAN)));

        generate(MODEL, folder.resolve("out.mp4"), args.toArray()).ok();

        assertThat(JSON.readTree(folder.resolve("out.json").toFile())
                        .path("people")
                        .asInt())
                .isEqualTo(count);
    }

    /** Each of these reaches the recipe, and those that change the numbers change them. */
    @ParameterizedTest
    @CsvSource({
        "--scheduler ddim, /scheduler, ddim, true",
        "--routing per-branch, /routing, per-branch, true",
        "--face-scale 0.5, /face_scale, 0.5, true",
        "--guidance 1, /guidance_scale, 1.0, true",
        "--image-guidance 2, /image_guidance_scale, 2.0, true",
        "--dynamic-guidance, /guidance, dynamic, true",
        "--dynamic-guidance dynamic-corrected, /guidance, dynamic-corrected, true",
        "--seed 7, /seed, 7, true",
        "--max-sequence-length 16, /max_sequence_length, 16, true",
        "--negative-prompt ugly, /negative_prompt, ugly, true",
        "--dtype bf16, /computed/dtype, bf16, true",
        "--memory none, /computed/memory, none, false",
        "--memory model, /computed/memory, model, false",
        "--memory layer, /computed/memory, layer, false",
        "--vae-tiling on, /vae_tiling, true, false",
        "--vae-tiling off, /vae_tiling, false, false"
    })
    void optionsDoWhatTheySay(String option, String key, String value, boolean changes) throws IOException {
        Path people = Cli.randomPeople(2, folder.resolve("people.safetensors"));
        Path plain = folder.resolve("plain.safetensors");
        generate(MODEL, folder.resolve("plain.mp4"), "--faces", people, "--save-latents", plain)
                .ok();
        Path latents = folder.resolve("latents.safetensors");
        List<Object> args = new ArrayList<>(List.of("--faces", people, "--save-latents", latents));
        args.addAll(List.of(option.split(" ", -1)));

        generate(MODEL, folder.resolve("out.mp4"), args.toArray()).ok();

        assertThat(JSON.readTree(folder.resolve("out.json").toFile()).at(key).asText())
                .isEqualTo(value);
        double difference = relativeError(latents, "final", plain, "final");
        if (changes) {
            assertThat(difference).as(option).isGreaterThan(0);
        } else {
            assertThat(difference).as(option).isZero();
        }
    }

    @Test
    void aLongPromptIsCutWithAWarning() {
        Cli.Result result = generate(
                MODEL,
                folder.resolve("out.mp4"),
                "--max-sequence-length",
                4,
                "--prompt",
                "Two men in suits talk in a dimly lit room near the harbour");

        assertThat(result.ok().errLines())
                .filteredOn(line -> line.startsWith("warning: the prompt is longer than 4 tokens; not used: \""))
                .singleElement()
                .asString()
                .endsWith("not used: \"suits talk in a dimly lit room near the …\"");
        assertThat(result.out()).doesNotContain("warning");
    }

    @Test
    void olderFilesAreReplacedAndLongerClipsMentioned() throws IOException {
        Path output = folder.resolve("out.mp4");
        Path pngs = folder.resolve("frames");
        Files.writeString(output, "old");
        generate(MODEL, output, "--frames", 17, "--steps", 1, "--save-frames", pngs)
                .ok();

        Cli.Result shorter =
                generate(MODEL, output, "--steps", 1, "--save-frames", pngs).ok();

        assertThat(shorter.err())
                .contains("warning: " + pngs + ": 8 frames of a longer video are there, too, from number 9");
        assertThat(FrameFolder.list(pngs)).hasSize(17);
        try (VideoReader video = VideoReader.open(output)) {
            assertThat(video.metadata()).containsKey("comment");
        }
        assertThat(Cli.listing(folder).keySet()).noneMatch(name -> name.contains(".part"));
    }

    /** But for one word: that a model made it, which tells nobody's name. */
    @Test
    void theVideoCarriesNothingWhenAsked() {
        Path output = folder.resolve("out.mp4");

        generate(MODEL, output, "--steps", 1, "--no-metadata").ok();

        try (VideoReader video = VideoReader.open(output)) {
            assertThat(video.metadata())
                    .doesNotContainKey("comment")
                    .containsEntry(Video.SOURCE_TYPE, Video.MADE_BY_MODEL);
            assertThat(video.metadata().values()).noneMatch(value -> value.contains("A walk."));
        }
        assertThat(folder.resolve("out.json")).content().contains("A walk.");
    }

    @Test
    void aPromptMayBeginWithAnAt() throws IOException {
        Path file = Files.writeString(folder.resolve("args"), "--steps 0");

        generate(MODEL, folder.resolve("out.mp4"), "--steps", 1, "--prompt", "@" + file)
                .ok();

        assertThat(JSON.readTree(folder.resolve("out.json").toFile())
                        .path("prompt")
                        .asText())
                .isEqualTo("@" + file);
    }

    @Test
    void theSameSeedGivesTheSameFile() throws IOException {
        try (Scope scope = Scope.inference()) {
            Path first = folder.resolve("a.safetensors");
            Path second = folder.resolve("b.safetensors");
            generate(MODEL, folder.resolve("a.mp4"), "--save-latents", first).ok();
            generate(MODEL, folder.resolve("b.mp4"), "--save-latents", second).ok();
            try (SafetensorsFile a = SafetensorsFile.open(first);
                    SafetensorsFile b = SafetensorsFile.open(second)) {
                assertThat(a.names()).containsExactlyInAnyOrder("initial", "image", "final");
                assertThat(torch.equal(a.get("final"), b.get("final"))).isTrue();
            }
        }
    }

    @Test
    void adaptersAreAddedAndInTheRecipe() throws IOException {
        Path adapters = folder.resolve("style.safetensors");
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(3);
            String layer = "lora_unet_transformer_blocks_0_attn1_to_v.";
            SafetensorsWriter.write(
                    adapters,
                    Map.of(
                            layer + "lora_down.weight",
                            torch.randn(2, 96),
                            layer + "lora_up.weight",
                            torch.randn(96, 2)),
                    Map.of());
        }
        Path plain = folder.resolve("plain.safetensors");
        Path merged = folder.resolve("merged.safetensors");
        Path beside = folder.resolve("beside.safetensors");
        generate(MODEL, folder.resolve("plain.mp4"), "--save-latents", plain).ok();
        generate(MODEL, folder.resolve("merged.mp4"), "--save-latents", merged, "--lora", adapters + ":0.5")
                .ok();
        Path video = folder.resolve("beside.mp4");
        generate(MODEL, video, "--save-latents", beside, "--lora", adapters + ":0.5", "--memory", "layer")
                .ok();
        assertThat(relativeError(merged, "final", plain, "final")).isGreaterThan(0.01);
        assertThat(relativeError(merged, "final", beside, "final")).isLessThan(PIPELINE);
        JsonNode recipe = JSON.readTree(folder.resolve("beside.json").toFile());
        assertThat(recipe.path("lora_mode").asText()).isEqualTo("side-by-side");
        assertThat(recipe.at("/loras/0/file").asText()).isEqualTo("style.safetensors");
        assertThat(recipe.at("/loras/0/scale").asDouble()).isEqualTo(0.5);
    }
}
