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
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
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
        GenerationRequest request = request(fixture.settings(), people);
        ModelBundle bundle = ModelBundle.open(folder);
        List<Tensor> frames = new ArrayList<>();
        StepCheck steps = new StepCheck(fixture);
        try (VideoGenerator generator = new VideoGenerator(bundle, Compute.CPU_FP32, level, TilingChoice.OFF)) {
            generator.generateUnchecked(request, part -> frames.add(Scope.retain(part.clone())), steps);
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

    private static GenerationRequest request(JsonNode settings, @Nullable People people) {
        return new GenerationRequest(
                settings.path("prompt").asText(),
                settings.path("negative_prompt").asText(""),
                people,
                null,
                new VideoSize(
                        settings.path("num_frames").asInt(),
                        settings.path("height").asInt(),
                        settings.path("width").asInt()),
                settings.path("seed").asLong(),
                settings.path("steps").asInt(),
                settings.path("guidance_scale").asDouble(),
                settings.path("use_dynamic_cfg").asBoolean() ? Guidance.DYNAMIC : Guidance.CONSTANT,
                Scheduler.Kind.parse(settings.path("scheduler").asText("dpm")),
                Routing.REFERENCE,
                null,
                settings.path("max_sequence_length").asInt());
    }

    private static People people(Fixture fixture) {
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; fixture.has("in_id_cond_" + n); n++) {
            identities.add(new Identity(fixture.get("in_id_cond_" + n), fixture.series("in_vit_hidden_" + n + "_")));
        }
        Tensor image = fixture.get("in_image"); // [H, W, 3]
        return new People(identities, new Picture((int) image.size(1), (int) image.size(0), Ops.bytes(image)));
    }
}
