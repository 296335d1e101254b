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
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TeaCache against its authors' rule around diffusers' blocks: fixture {@code teacache}, made by {@code teacache_vectors.py}. */
class TeaCacheTest {
    private static final int STEPS = 10;
    private static final double GUIDANCE = 3;
    private static final Path FOLDER = Fixture.path("cogvideox_tiny_5b/transformer");
    private static final TeaPolynomial LINE = new TeaPolynomial(List.of(1.0, 0.0), 0, Double.POSITIVE_INFINITY);

    @ParameterizedTest
    @ValueSource(strings = {"few", "many"})
    void stepsAreRepeatedAsInPython(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("teacache")) {
            double[] polynomial = doubles(fixture, "in_polynomial");
            TeaCache cache = new TeaCache(
                    doubles(fixture, name + "/in_threshold")[0],
                    new TeaPolynomial(Arrays.stream(polynomial).boxed().toList(), 0, Double.POSITIVE_INFINITY));
            StepPlan plan = Shortcuts.NONE.with(cache).plan(STEPS, TeaCacheTest::changes);
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
    void theEmbeddingMovesAsInPython() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("teacache")) {
            double[] expected = doubles(fixture, "out_changes");
            double[] found = changes();
            assertThat(found).hasSize(STEPS);
            for (int i = 0; i < STEPS; i++) {
                assertThat(found[i]).isCloseTo(expected[i], within(1e-5 * expected[i]));
            }
        }
    }

    /** The fit is numpy's: the same values at the points, to rounding. */
    @Test
    void thePolynomialIsTheNearestOne() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("teacache")) {
            double[] changes = doubles(fixture, "out_changes");
            double[] steps = Arrays.copyOfRange(changes, 1, STEPS);
            TeaPolynomial fitted = TeaPolynomial.fitted(steps, doubles(fixture, "out_moved"));
            double[] expected = doubles(fixture, "out_fit");
            for (int i = 0; i < steps.length; i++) {
                assertThat(fitted.at(steps[i])).isCloseTo(expected[i], within(1e-8));
            }
            assertThat(fitted.coefficients()).hasSize(5);
            // Beyond what was seen it grows in proportion, and below it stays.
            double least = Arrays.stream(steps).min().orElseThrow();
            double most = Arrays.stream(steps).max().orElseThrow();
            assertThat(fitted.at(2 * most)).isCloseTo(2 * fitted.at(most), within(1e-12));
            assertThat(fitted.at(0)).isEqualTo(fitted.at(least));
        }
    }

    @Test
    void aCalibrationHearsHowFarPredictionsMove() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("teacache")) {
            double[] expected = doubles(fixture, "out_moved");
            List<Tensor> seen = new ArrayList<>();
            List<Tensor> latents = latents(fixture, Shortcuts.NONE.plan(STEPS), new GenerationListener() {
                @Override
                public void prediction(int step, Tensor prediction) {
                    assertThat(step).isEqualTo(seen.size());
                    seen.add(Scope.retain(prediction.clone()));
                }
            });
            for (int i = 0; i < STEPS; i++) {
                fixture.check("plain/out_latents_" + i, latents.get(i), Fixture.PIPELINE);
            }
            assertThat(seen).hasSize(STEPS);
            for (int i = 1; i < STEPS; i++) {
                Tensor before = seen.get(i - 1);
                double moved = seen.get(i).sub(before).abs().mean().item().toDouble()
                        / before.abs().mean().item().toDouble();
                assertThat(moved).isCloseTo(expected[i - 1], within(1e-4 * expected[i - 1]));
            }
        }
    }

    /** What a recorder finds of predictions that move by known amounts is the polynomial through them. */
    @Test
    void theRecorderFitsWhatItHeard() {
        int steps = 5;
        GenerationRequest request = ModelBundle.open(Fixture.bundle())
                .request("A walk.")
                .steps(steps)
                .build();
        double[] changes = request.timestepChanges();
        assertThat(changes).hasSize(steps);
        assertThat(changes[0]).isZero();
        try (Scope scope = Scope.inference();
                TeaCacheRecorder recorder = new TeaCacheRecorder(request)) {
            for (int round = 0; round < 2; round++) { // the second generation only
                recorder.begins(VideoListener.Stage.DENOISING, steps);
                double size = 1;
                for (int i = 0; i < steps; i++) {
                    size *= 1 + (round + 1) * 0.1 * i; // moves by a tenth of its number, or a fifth
                    recorder.prediction(i, Ops.scale(torch.ones(1, 2, 3), size));
                }
            }
            TeaPolynomial found = recorder.polynomial();
            double[] expected =
                    IntStream.range(1, steps).mapToDouble(i -> 0.2 * i).toArray();
            TeaPolynomial same = TeaPolynomial.fitted(Arrays.copyOfRange(changes, 1, steps), expected);
            for (int i = 1; i < steps; i++) {
                assertThat(found.at(changes[i])).isCloseTo(same.at(changes[i]), within(1e-5));
            }
            assertThatThrownBy(() -> recorder.prediction(2, torch.ones(1)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("step 2 comes after 5");
            recorder.begins(VideoListener.Stage.DENOISING, steps);
            recorder.prediction(0, torch.ones(1));
            assertThatThrownBy(recorder::polynomial).hasMessageContaining("1 of 5 steps");
        }
    }

    @Test
    void aCalibrationNeedsEveryStep() {
        GenerationRequest request = ModelBundle.open(Fixture.bundle())
                .request("A walk.")
                .shortcuts(Shortcuts.NONE.with(new TeaCache(1, LINE)))
                .build();
        assertThatThrownBy(() -> new TeaCacheRecorder(request))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("leave out `magCache`, `teaCache`");
    }

    /** Neither a threshold of 0 nor somebody who listens changes a bit, even where the polynomial is below 0. */
    @Test
    void atThresholdZeroTheBitsAreThePlainOnes() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("teacache")) {
            TeaCache cache = new TeaCache(0, new TeaPolynomial(List.of(-1.0), 0, 1));
            List<Tensor> plain = latents(fixture, Shortcuts.NONE.plan(STEPS), GenerationListener.NONE);
            StepPlan plan = Shortcuts.NONE.with(cache).plan(STEPS, TeaCacheTest::changes);
            List<Tensor> zero = latents(fixture, plan, GenerationListener.NONE);
            for (int i = 0; i < STEPS; i++) {
                assertTrue(torch.equal(plain.get(i), zero.get(i)), "step " + i);
            }
        }
    }

    @Test
    void theSumBeginsAnewBehindAComputedStep() {
        double[] changes = {9, 0.5, 0.25, 0.25, 0.5, 0.25, 0.125, 0.125}; // a sum that equals the threshold computes
        TeaCache cache = new TeaCache(1, LINE);
        assertThat(cache.repeated(changes, new boolean[8]))
                .containsExactly(false, true, true, false, true, true, true, false);
        boolean[] must = new boolean[8];
        must[2] = true;
        assertThat(cache.repeated(changes, must)).containsExactly(false, true, false, true, true, false, true, false);
        assertThat(cache.repeated(new double[] {0}, new boolean[1])).containsExactly(false);
    }

    /** What a folder says of itself is known, whatever its size. */
    @Test
    void aFolderWithItsOwnPolynomialIsKnown(@TempDir Path folder) throws IOException {
        Path model = folder.resolve("model");
        Fixture.copy(Fixture.bundle(), model);
        assertThat(TeaPolynomial.known(ModelBundle.open(model))).isFalse();

        Files.writeString(model.resolve(TeaPolynomial.FILE), "{}");

        assertThat(TeaPolynomial.known(ModelBundle.open(model))).isTrue();
    }

    /** Coefficients of the published sizes; of the demo and the tiny ones nobody has said any. */
    @Test
    void publishedModelsHaveTheirPolynomials() {
        TeaPolynomial large =
                TeaPolynomial.published(TransformerConfig.cogVideoX5b()).orElseThrow();
        assertThat(large.coefficients().getFirst()).isEqualTo(-1538.80483);
        assertThat(TeaPolynomial.published(TransformerConfig.cogVideoX5bI2v())).contains(large);
        assertThat(TeaPolynomial.published(TransformerConfig.ingredients5b())).contains(large);
        assertThat(TeaPolynomial.published(TransformerConfig.cogVideoX2b())
                        .orElseThrow()
                        .at(0.1))
                .isCloseTo(-0.00310658903 + 0.0254732368 - 0.0592380459 + 0.175769064 - 0.00361568434, within(1e-12));
        assertThat(TeaPolynomial.published(TransformerConfig.cogVideoX15())
                        .orElseThrow()
                        .coefficients()
                        .getLast())
                .isEqualTo(0.0358559703);
        assertThat(TeaPolynomial.published(TransformerConfig.cogVideoX15I2v())
                        .orElseThrow()
                        .coefficients()
                        .getLast())
                .isEqualTo(0.0371213220);
        assertThat(TeaPolynomial.published(ModelBundle.open(Fixture.bundle()).transformer()))
                .isEmpty();
    }

    @Test
    void aModelWithoutPolynomialSaysHowToGetOne() {
        GenerationRequest.Builder request =
                ModelBundle.open(Fixture.bundle()).request("A walk.").shortcuts(Shortcuts.NONE.with(TeaCache.DEFAULT));
        assertThatThrownBy(request::build)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`teaCache` needs")
                .hasMessageContaining(TeaPolynomial.FILE)
                .hasMessageContaining("calibrate");
    }

    @Test
    void polynomialsAreWrittenAndRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(TeaPolynomial.FILE);
        for (TeaPolynomial one : List.of(LINE, new TeaPolynomial(List.of(1.0, -2.0, 0.5), 0.25, 1.5))) {
            one.write(file);
            assertThat(TeaPolynomial.read(file)).isEqualTo(one);
        }
        for (String wrong : List.of("{\"coefficients\": []}", "{\"coefficients\": [1], \"range\": [2, 1]}")) {
            Files.writeString(file, wrong);
            assertThatThrownBy(() -> TeaPolynomial.read(file))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(file + ": coefficients are");
        }
    }

    @Test
    void settingsAreReadInShort() {
        assertThat(TeaCache.parse("")).isEqualTo(TeaCache.DEFAULT);
        assertThat(TeaCache.parse("0.3")).isEqualTo(new TeaCache(0.3, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "0.1,2", "NaN"})
    void nonsenseIsRefused(String text) {
        assertThatThrownBy(() -> TeaCache.parse(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("`teaCache`");
    }

    private static double[] doubles(Fixture fixture, String key) {
        Tensor tensor = fixture.get(key);
        double[] values = new double[(int) tensor.numel()];
        new DoublePointer(tensor.data_ptr()).get(values);
        return values;
    }

    private static double[] changes() {
        try (SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("diffusion_pytorch_model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32)) {
            TransformerConfig config = TransformerConfig.of(ConfigReader.of(FOLDER.resolve("config.json")));
            return VideoTransformer.timestepChanges(weights, config, scheduler().timesteps(STEPS));
        }
    }

    private static Scheduler scheduler() {
        return Scheduler.of(Scheduler.Kind.DDIM, SchedulerConfig.cogVideoX5b());
    }

    private static List<Tensor> latents(Fixture fixture, StepPlan plan, GenerationListener listener) {
        List<Tensor> seen = new ArrayList<>();
        TransformerConfig config = TransformerConfig.of(ConfigReader.of(FOLDER.resolve("config.json")));
        try (SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("diffusion_pytorch_model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, config, Residency.RESIDENT);
                Noise noise = new Noise(1)) {
            Denoiser denoiser = new Denoiser(model, scheduler(), STEPS, Guidance.CONSTANT, GUIDANCE, 1, plan);
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
}
