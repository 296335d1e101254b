package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MagCache against the hook of diffusers: fixture {@code magcache}, made by {@code magcache_vectors.py}. */
class MagCacheTest {
    private static final int STEPS = 10;
    private static final double GUIDANCE = 3;
    private static final Path FOLDER = Fixture.path("cogvideox_tiny_5b/transformer");

    /** The fixture's settings, and which steps computed the blocks there. */
    @ParameterizedTest
    @CsvSource({"few, 0.06, 1, 0.2", "many, 0.2, 3, 0.2", "all, 9, 2, 0"})
    void stepsAreRepeatedAsByDiffusers(String name, double threshold, int most, double retention) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("magcache")) {
            MagCache cache = new MagCache(threshold, most, retention, ratios(fixture, "in_ratios"));
            StepPlan plan = Shortcuts.NONE.with(cache).plan(STEPS);
            long[] computed = LongStream.range(0, STEPS)
                    .filter(i -> !plan.repeated()[(int) i])
                    .toArray();
            assertThat(computed).isEqualTo(Ops.longs(fixture.get(name + "/out_computed")));
            List<Tensor> latents = latents(fixture, plan, GenerationListener.NONE);
            for (int i = 0; i < STEPS; i++) {
                fixture.check(name + "/out_latents_" + i, latents.get(i), Fixture.PIPELINE);
            }
        }
    }

    @Test
    void calibrationFindsWhatDiffusersFinds() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("magcache");
                MagnitudeRecorder recorder = new MagnitudeRecorder()) {
            recorder.begins(VideoListener.Stage.DENOISING, STEPS);
            latents(fixture, Shortcuts.NONE.plan(STEPS), recorder);
            List<Double> expected = ratios(fixture, "out_ratios").ratios();
            List<Double> found = recorder.ratios().ratios();
            assertThat(found).hasSize(STEPS);
            for (int i = 0; i < STEPS; i++) {
                assertThat(found.get(i)).isCloseTo(expected.get(i), within(1e-5 * expected.get(i)));
            }
        }
    }

    /** Neither a threshold of 0 nor somebody who listens changes a bit. */
    @Test
    void atThresholdZeroTheBitsAreThePlainOnes() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("magcache");
                MagnitudeRecorder recorder = new MagnitudeRecorder()) {
            recorder.begins(VideoListener.Stage.DENOISING, STEPS);
            MagnitudeRatios even = new MagnitudeRatios(List.of(1.0, 1.0, 1.0)); // no error at all, and still nothing
            List<Tensor> plain = latents(fixture, Shortcuts.NONE.plan(STEPS), GenerationListener.NONE);
            List<Tensor> zero = latents(
                    fixture, Shortcuts.NONE.with(new MagCache(0, 4, 0, even)).plan(STEPS), recorder);
            for (int i = 0; i < STEPS; i++) {
                assertTrue(torch.equal(plain.get(i), zero.get(i)), "step " + i);
            }
        }
    }

    private static MagnitudeRatios ratios(Fixture fixture, String key) {
        double[] values = new double[STEPS];
        new DoublePointer(fixture.get(key).data_ptr()).get(values);
        List<Double> list = new ArrayList<>();
        for (double value : values) {
            list.add(value);
        }
        return new MagnitudeRatios(list);
    }

    private static List<Tensor> latents(Fixture fixture, StepPlan plan, GenerationListener listener) {
        List<Tensor> seen = new ArrayList<>();
        TransformerConfig config = TransformerConfig.of(ConfigReader.of(FOLDER.resolve("config.json")));
        try (SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("diffusion_pytorch_model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, config, Residency.RESIDENT);
                Noise noise = new Noise(1)) {
            Denoiser denoiser = new Denoiser(
                    model,
                    Scheduler.of(Scheduler.Kind.DDIM, SchedulerConfig.cogVideoX5b()),
                    STEPS,
                    Guidance.CONSTANT,
                    GUIDANCE,
                    1,
                    plan);
            Tensor initial = fixture.get("in_noise");
            Denoiser.Conditions conditions = new Denoiser.Conditions(
                    fixture.get("in_text"),
                    null,
                    null,
                    model.rotary((int) initial.size(3), (int) initial.size(4), (int) initial.size(1)),
                    new VideoTransformer.Options(Routing.REFERENCE, 0));
            denoiser.denoise(
                    initial,
                    conditions,
                    noise,
                    null,
                    GenerationListener.all(List.of(listener, new GenerationListener() {
                        @Override
                        public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
                            seen.add(Scope.retain(latents.clone()));
                        }
                    })));
        }
        return seen;
    }

    /** Of 3 known steps the magnitude runs 1, 2, 4 at shares 0, 1/3, 2/3, and on. */
    @Test
    void ofOtherNumbersOfStepsTheCourseOfTheMagnitudeIsFollowed() {
        MagnitudeRatios doubling = new MagnitudeRatios(List.of(1.0, 2.0, 2.0));
        assertThat(doubling.of(3)).containsExactly(1, 2, 2);
        double[] twice = doubling.of(6);
        assertThat(twice[0]).isEqualTo(1);
        for (int i = 1; i < 6; i++) {
            assertThat(twice[i]).isCloseTo(Math.sqrt(2), within(1e-12));
        }
        assertThat(doubling.of(1)).containsExactly(1);
    }

    @Test
    void ratiosAreWrittenAndRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(MagnitudeRatios.FILE);
        MagnitudeRatios ratios = new MagnitudeRatios(List.of(1.0, 0.9, 1.25));
        ratios.write(file);
        assertThat(MagnitudeRatios.read(file)).isEqualTo(ratios);
        Files.writeString(file, "{\"mag_ratios\": [1, 0]}");
        assertThatThrownBy(() -> MagnitudeRatios.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file + ": mag_ratios are [1.0, 0.0]");
    }

    @Test
    void aModelWithoutRatiosSaysHowToGetThem() {
        GenerationRequest.Builder request =
                ModelBundle.open(Fixture.bundle()).request("A walk.").shortcuts(Shortcuts.NONE.with(MagCache.DEFAULT));
        assertThatThrownBy(request::build)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`magCache` needs")
                .hasMessageContaining(MagnitudeRatios.FILE)
                .hasMessageContaining("calibrate");
    }

    @Test
    void aCalibrationNeedsEveryStep() {
        try (Scope scope = Scope.inference();
                MagnitudeRecorder recorder = new MagnitudeRecorder()) {
            recorder.begins(VideoListener.Stage.DENOISING, 3);
            recorder.residual(0, torch.ones(1, 2, 3));
            assertThatThrownBy(recorder::ratios).hasMessageContaining("1 of 3 steps");
            assertThatThrownBy(() -> recorder.residual(2, torch.ones(1, 2, 3)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("step 2 comes after 1");
        }
    }

    @Test
    void settingsAreReadInShort() {
        assertThat(MagCache.parse("")).isEqualTo(MagCache.DEFAULT);
        assertThat(MagCache.parse("0.3")).isEqualTo(new MagCache(0.3, 4, 0.2, null));
        assertThat(MagCache.parse("0.3,2")).isEqualTo(new MagCache(0.3, 2, 0.2, null));
        assertThat(MagCache.parse(",,0.5")).isEqualTo(new MagCache(0.12, 4, 0.5, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "0.1,0", "0.1,2,1.5", "0.1,2,0.2,3", "NaN", "0.1,1.5"})
    void nonsenseIsRefused(String text) {
        assertThatThrownBy(() -> MagCache.parse(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`magCache`");
    }
}
