package ai.ingredients.pipeline;

import static ai.ingredients.testing.Fixture.MODULE;
import static ai.ingredients.testing.Fixture.PIPELINE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole generations against the official pipelines: every latent on the way, and the frames. */
class PipelineTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "pipeline_dpm_4",
                "pipeline_dpm_10",
                "pipeline_ddim_4",
                "pipeline_ddim_10",
                "pipeline_dpm_dynamic_cfg",
                "pipeline_dpm_noguidance"
            })
    void withTwoPeople(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            check(fixture, Fixture.bundle(), people(fixture), MemoryLevel.NONE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pipeline_t2v_4", "pipeline_t2v_dynamic_cfg"})
    void fromTextAlone(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            check(fixture, Fixture.bundleT2v(), null, MemoryLevel.NONE);
        }
    }

    /**
     * Plain CogVideoX checkpoints, 2B, 5B, 5B-I2V and both of 1.5: sin-cos, rotary and learned positions, a first frame,
     * patches of two frames.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "pipeline_t2v_2b_ddim_3",
                "pipeline_t2v_2b_ddim_3_othersize",
                "pipeline_t2v_2b_noguidance",
                "pipeline_t2v_5b_dpm_3",
                "pipeline_i2v_5b_dpm_3",
                "pipeline_i2v_5b_ddim_3_resized",
                "pipeline_i2v_5b_inverted",
                "pipeline_t2v_15_dpm_3",
                "pipeline_t2v_15_ddim_2_othersize",
                "pipeline_t2v_15_even",
                "pipeline_i2v_15_dpm_3",
                "pipeline_i2v_15_ddim_2"
            })
    void plainCogVideoX(String name, @TempDir Path folder) throws IOException {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            JsonNode settings = fixture.settings();
            bundle(folder, settings.path("model").asText());
            change(folder.resolve("scheduler/scheduler_config.json"), "snr_shift_scale", settings);
            change(folder.resolve("vae/config.json"), "invert_scale_latents", settings);
            check(fixture, folder, null, MemoryLevel.NONE);
        }
    }

    /** Makes a model of the tiny transformer {@code layout} in {@code folder}. */
    static void bundle(Path folder, String layout) throws IOException {
        for (String component : List.of("text_encoder", "tokenizer", "vae", "scheduler")) {
            Fixture.copy(Fixture.bundle().resolve(component), folder.resolve(component));
        }
        Fixture.copy(Fixture.path("cogvideox_tiny_" + layout + "/transformer"), folder.resolve("transformer"));
        Files.copy(Fixture.bundleT2v().resolve("model_index.json"), folder.resolve("model_index.json"));
    }

    /** Sets {@code key} of a JSON file to the value it has in {@code settings}. */
    private static void change(Path file, String key, JsonNode settings) {
        ObjectNode json = (ObjectNode) JsonFile.read(file);
        json.set(key, settings.path(key));
        JsonFile.write(file, json);
    }

    /** What is in memory when must not change a number. */
    @ParameterizedTest
    @EnumSource(MemoryLevel.class)
    void everyMemoryLevelMakesTheSameVideo(MemoryLevel level) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("pipeline_ddim_4")) {
            check(fixture, Fixture.bundle(), people(fixture), level);
        }
    }

    /** Compares every step's latents and all frames with the fixture. */
    private static void check(Fixture fixture, Path folder, @Nullable People people, MemoryLevel level) {
        Picture picture = people == null && fixture.has("in_image") ? picture(fixture.get("in_image")) : null;
        ModelBundle bundle = ModelBundle.open(folder);
        GenerationRequest request = request(bundle, fixture.settings(), people, picture);
        List<Tensor> frames = new ArrayList<>();
        StepCheck steps = new StepCheck(fixture);
        try (VideoGenerator generator = new VideoGenerator(bundle, Compute.CPU_FP32, level, TilingChoice.OFF)) {
            generator.generate(request, people, part -> frames.add(Scope.retain(part.clone())), steps);
        }
        assertEquals(fixture.settings().path("steps").asInt(), steps.steps, "steps");
        Tensor expected = fixture.get("out_frames_uint8").select(0, 0).to(ScalarType.Int); // [F, H, W, 3]
        Tensor actual = Ops.cat(0, frames.toArray(Tensor[]::new)).to(ScalarType.Int);
        assertArrayEquals(Ops.shape(expected), Ops.shape(actual), "frames");
        double worst = actual.sub(expected).abs().max().item().toDouble();
        assertTrue(worst <= 1, "frames differ by up to " + worst + "/255");
        frames.forEach(Tensor::close);
    }

    private static final class StepCheck implements GenerationListener {
        private final Fixture fixture;
        private int steps;

        StepCheck(Fixture fixture) {
            this.fixture = fixture;
        }

        @Override
        public void latents(Tensor initial, @Nullable Tensor image) {
            assertTrue(torch.equal(fixture.get("out_initial_latents"), initial), "initial noise is bit-equal");
            if (fixture.has("out_image_latents")) {
                fixture.check("out_image_latents", Objects.requireNonNull(image), MODULE);
            }
        }

        @Override
        public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
            assertEquals(
                    fixture.get("out_timesteps").select(0, step).item().toLong(), timestep, "timestep of step " + step);
            fixture.check("out_latents_" + step, latents, PIPELINE);
            steps++;
        }
    }

    /** Unchecked: some of the official videos have even numbers of latent frames. */
    private static GenerationRequest request(
            ModelBundle bundle, JsonNode settings, @Nullable People people, @Nullable Picture picture) {
        return bundle.request(settings.path("prompt").asText())
                .negativePrompt(settings.path("negative_prompt").asText(""))
                .people(people == null ? 0 : people.size())
                .firstFrame(picture)
                .size(
                        settings.path("num_frames").asInt(),
                        settings.path("height").asInt(),
                        settings.path("width").asInt())
                .seed(settings.path("seed").asLong())
                .steps(settings.path("steps").asInt())
                .guidanceScale(settings.path("guidance_scale").asDouble())
                .guidance(settings.path("use_dynamic_cfg").asBoolean() ? Guidance.DYNAMIC : Guidance.CONSTANT)
                .scheduler(
                        settings.path("scheduler")
                                        .asText()
                                        .toLowerCase(Locale.ROOT)
                                        .contains("ddim")
                                ? Scheduler.Kind.DDIM
                                : Scheduler.Kind.DPM)
                .maxSequenceLength(settings.path("max_sequence_length").asInt())
                .buildUnchecked();
    }

    private static People people(Fixture fixture) {
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; fixture.has("in_id_cond_" + n); n++) {
            identities.add(new Identity(fixture.get("in_id_cond_" + n), fixture.series("in_vit_hidden_" + n + "_")));
        }
        return new People(identities, picture(fixture.get("in_image")));
    }

    /** uint8 [H, W, 3]. */
    private static Picture picture(Tensor image) {
        return new Picture((int) image.size(1), (int) image.size(0), Ops.bytes(image));
    }
}
