package ai.ingredients.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler.Kind;
import ai.ingredients.diffusion.Scheduler.Step;
import ai.ingredients.diffusion.SchedulerConfig.TimestepSpacing;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The samplers against diffusers: fixtures {@code scheduler_ddim}, {@code scheduler_dpm}, {@code scheduler_dpm_7},
 * {@code scheduler_bf16}, and {@code diffusion_variants.json} for other configs.
 */
class SchedulerTest {
    private static final SchedulerConfig CONFIG =
            SchedulerConfig.of(ConfigReader.of(Fixture.bundle().resolve("scheduler/scheduler_config.json")));

    /** Four roundings of fp32 numbers just below 1: diffusers keeps schedules other than the released one in fp32. */
    private static final double FP32 = 4 * 0x1p-24;

    @ParameterizedTest
    @ValueSource(strings = {"scheduler_ddim", "scheduler_dpm", "scheduler_dpm_7"})
    void everyStepEqualsTheOfficialOne(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                Noise noise = new Noise(fixture.settings().path("noise_seed").asLong())) {
            Scheduler scheduler =
                    Scheduler.of(Kind.parse(fixture.settings().path("kind").asText()), CONFIG);
            long[] timesteps =
                    scheduler.timesteps(fixture.settings().path("steps").asInt());
            assertThat(timesteps).isEqualTo(Ops.longs(fixture.get("out_timesteps")));
            Step step = Step.first(fixture.get("in_sample"));
            for (int i = 0; i < timesteps.length; i++) {
                step = scheduler.step(timesteps, i, fixture.get("in_model_output_" + i), step, noise);
                fixture.check("out_sample_" + i, step.sample(), Fixture.MODULE);
                fixture.check("out_pred_original_" + i, clean(step), Fixture.MODULE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scheduler_dpm", "scheduler_dpm_7"})
    void dpmDrawsAsOftenAsTheOfficialSampler(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                Noise ours = new Noise(fixture.settings().path("noise_seed").asLong());
                Noise theirs = new Noise(fixture.settings().path("noise_seed").asLong())) {
            Scheduler scheduler = Scheduler.of(Kind.DPM, CONFIG);
            long[] timesteps =
                    scheduler.timesteps(fixture.settings().path("steps").asInt());
            Step step = Step.first(fixture.get("in_sample"));
            for (int i = 0; i < timesteps.length; i++) {
                step = scheduler.step(timesteps, i, fixture.get("in_model_output_" + i), step, ours);
                for (int draw = 0; fixture.has("out_noise_" + i + "_" + draw); draw++) {
                    Tensor expected = fixture.get("out_noise_" + i + "_" + draw);
                    assertTrue(torch.equal(expected, theirs.gaussian(Compute.CPU_FP32, Ops.shape(expected))));
                }
            }
            assertTrue(
                    torch.equal(ours.gaussian(Compute.CPU_FP32, 64), theirs.gaussian(Compute.CPU_FP32, 64)),
                    "another number of draws than the official sampler made");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"DDIM", "DPM"})
    void bf16StepsEqualTheOfficialOnes(Kind kind) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("scheduler_bf16");
                Noise noise = new Noise(5)) {
            Scheduler scheduler = Scheduler.of(kind, CONFIG);
            long[] timesteps = scheduler.timesteps(4);
            Step step = Step.first(fixture.get(kind + "/in_sample").to(ScalarType.BFloat16));
            for (int i = 0; i < timesteps.length; i++) {
                step = scheduler.step(timesteps, i, fixture.get(kind + "/in_model_output_" + i), step, noise);
                assertThat(DType.of(step.sample())).isEqualTo(DType.BF16);
                assertThat(DType.of(clean(step))).isEqualTo(DType.FP32);
                fixture.check(kind + "/out_sample_" + i, step.sample(), 0x1p-12);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scheduler_ddim", "scheduler_dpm", "scheduler_dpm_7"})
    void timestepsAndNoiseLevelsAreExact(String name) {
        NoiseSchedule schedule = new NoiseSchedule(CONFIG);
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            for (JsonNode steps : fixture.settings().path("other_steps")) {
                assertThat(schedule.timesteps(steps.asInt()))
                        .isEqualTo(Ops.longs(fixture.get("out_timesteps_" + steps.asInt())));
            }
            double[] expected = new double[1000];
            new DoublePointer(fixture.get("out_alphas_cumprod").data_ptr()).get(expected);
            for (int t = 0; t < expected.length; t++) {
                assertThat(schedule.alphaCumprod(t)).as("timestep %d", t).isCloseTo(expected[t], within(1e-15));
            }
            assertThat(schedule.alphaCumprod(999)).isZero();
            assertThat(schedule.alphaCumprod(-1)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scheduler_ddim", "scheduler_dpm", "scheduler_dpm_7"})
    void theForwardProcessEqualsTheOfficialOne(String name) {
        NoiseSchedule schedule = new NoiseSchedule(CONFIG);
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name)) {
            Tensor clean = fixture.get("in_sample");
            Tensor noise = fixture.get("in_model_output_0");
            Tensor timesteps = fixture.get("in_train_timesteps");
            Tensor noisy = schedule.addNoise(clean, noise, timesteps);
            Tensor velocity = schedule.velocity(clean, noise, timesteps);
            fixture.check("out_add_noise", noisy, Fixture.MODULE);
            fixture.check("out_velocity", velocity, Fixture.MODULE);
            Fixture.assertClose("clean", clean, schedule.clean(velocity, noisy, timesteps), Fixture.MODULE);
        }
    }

    @Test
    void eachSampleOfABatchHasItsOwnTimestep() {
        NoiseSchedule schedule = new NoiseSchedule(CONFIG);
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(1)) {
            Tensor clean = noise.gaussian(Compute.CPU_FP32, 2, 3, 4);
            Tensor drawn = noise.gaussian(Compute.CPU_FP32, 2, 3, 4);
            Tensor noisy = schedule.addNoise(clean, drawn, Ops.tensor(new long[] {999, 0}, 2));
            assertTrue(torch.equal(noisy.select(0, 0), drawn.select(0, 0)), "timestep 999 is pure noise");
            Tensor alone =
                    schedule.addNoise(clean.narrow(0, 1, 1), drawn.narrow(0, 1, 1), Ops.tensor(new long[] {0}, 1));
            assertTrue(torch.equal(noisy.narrow(0, 1, 1), alone));
        }
    }

    @Test
    void otherConfigsFollowDiffusers() throws IOException {
        JsonNode schedules = variants().path("schedules");
        assertThat(schedules.size()).isEqualTo(7);
        for (JsonNode expected : schedules) {
            SchedulerConfig config = SchedulerConfig.of(new ConfigReader(expected.path("config"), "variant"));
            NoiseSchedule schedule = new NoiseSchedule(config);
            expected.path("alphas")
                    .forEachEntry((t, alpha) -> assertThat(schedule.alphaCumprod(Long.parseLong(t)))
                            .as("%s at %s", config, t)
                            .isCloseTo(alpha.asDouble(), within(FP32)));
            assertThat(schedule.alphaCumprod(-1))
                    .isCloseTo(expected.path("final").asDouble(), within(FP32));
            expected.path("timesteps")
                    .forEachEntry((steps, timesteps) -> assertThat(schedule.timesteps(Integer.parseInt(steps)))
                            .as("%s, %s steps", config, steps)
                            .isEqualTo(StreamSupport.stream(timesteps.spliterator(), false)
                                    .mapToLong(JsonNode::asLong)
                                    .toArray()));
            for (Kind kind : List.of(Kind.DDIM, Kind.DPM)) {
                checkRollout(expected, config, kind);
            }
            checkWeights(schedule, expected.path("weights"));
        }
    }

    private static void checkRollout(JsonNode expected, SchedulerConfig config, Kind kind) {
        Scheduler scheduler = Scheduler.of(kind, config);
        long[] timesteps = scheduler.timesteps(3);
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(3)) {
            Tensor prediction = Ops.tensor(new float[] {0.3f, -0.2f}, 2);
            Step step = Step.first(Ops.tensor(new float[] {0.7f, 0.7f}, 2));
            for (int i = 0; i < 3; i++) {
                step = scheduler.step(timesteps, i, prediction.mul(new Scalar(i + 1)), step, noise);
                JsonNode official = expected.path(kind.toString()).path(i);
                String what = config + " " + kind + " step " + i;
                Fixture.assertClose(what, tensor(official.path(0)), step.sample(), Fixture.MODULE);
                Fixture.assertClose(what, tensor(official.path(1)), clean(step), Fixture.MODULE);
            }
        }
    }

    private static void checkWeights(NoiseSchedule schedule, JsonNode expected) {
        try (Scope scope = Scope.inference()) {
            int last = schedule.config().numTrainTimesteps();
            Tensor timesteps = Ops.tensor(new long[] {0, last / 2, last - 1}, 3);
            float[] weights = Ops.floats(schedule.lossWeights(timesteps));
            for (int i = 0; i < 3; i++) { // compared as 1 − ᾱ: their reciprocals magnify fp32's rounding of ᾱ
                assertThat(1 / (double) weights[i])
                        .isCloseTo(1 / expected.path(i).asDouble(), within(FP32));
            }
        }
    }

    @Test
    void aBadRequestOrConfigIsNamed(@TempDir Path folder) throws IOException {
        NoiseSchedule schedule = new NoiseSchedule(CONFIG);
        for (int steps : new int[] {0, -1, 1001}) {
            assertThatThrownBy(() -> schedule.timesteps(steps))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining(steps + " steps were asked for");
        }
        assertThatThrownBy(() -> Kind.parse("euler"))
                .hasMessageContaining("\"euler\" is not known; use dpm, ddim, dpmpp or unipc");
        Path file = folder.resolve("scheduler_config.json");
        ObjectNode json = (ObjectNode) new ObjectMapper()
                .readTree(Fixture.bundle()
                        .resolve("scheduler/scheduler_config.json")
                        .toFile());
        Files.writeString(file, json.deepCopy().put("prediction_type", "flow").toString());
        assertThatThrownBy(() -> SchedulerConfig.of(ConfigReader.of(file)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(
                        "scheduler_config.json: \"prediction_type\" is \"flow\", expected one of epsilon");
        Files.writeString(file, json.deepCopy().put("beta_end", 2.0).toString());
        assertThatThrownBy(() -> SchedulerConfig.of(ConfigReader.of(file))).hasMessageContaining("beta_end 2.0");
        Files.writeString(
                file, json.deepCopy().put("prediction_type", "epsilon").toString());
        assertThatThrownBy(() -> SchedulerConfig.of(ConfigReader.of(file))).hasMessageContaining("holds no signal");
        Files.delete(file);
        assertThatThrownBy(() -> SchedulerConfig.of(ConfigReader.of(file)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("there is no such file");
        NoiseSchedule leading = new NoiseSchedule(SchedulerConfig.of(new ConfigReader(
                json.deepCopy().put("timestep_spacing", "leading").put("steps_offset", 1), "leading")));
        assertThatThrownBy(() -> leading.timesteps(1000)).hasMessageContaining("asks for timestep 1000 of 1000");
    }

    @Test
    void theBundleIsAConfigOfTheFiveBillionModel() {
        assertThat(CONFIG).isEqualTo(SchedulerConfig.cogVideoX5b());
        assertThat(CONFIG.with(TimestepSpacing.LINSPACE).timestepSpacing()).isEqualTo(TimestepSpacing.LINSPACE);
    }

    @ParameterizedTest
    @CsvSource({"CONSTANT, constant", "DYNAMIC, dynamic", "DYNAMIC_CORRECTED, dynamic-corrected"})
    void guidanceIsChosenByName(Guidance guidance, String name) {
        assertThat(Guidance.parse(name)).isEqualTo(guidance);
        assertThat(guidance).hasToString(name);
        assertThatThrownBy(() -> Guidance.parse("cosine")).isInstanceOf(InvalidInputException.class);
    }

    @Test
    void guidanceFollowsTheOfficialFormula() throws IOException {
        int checked = 0;
        for (JsonNode run : variants().path("guidance")) {
            int steps = run.path("steps").asInt();
            double scale = run.path("scale").asDouble();
            for (int i = 0; i < steps; i++) {
                long t = run.path("timesteps").path(i).asLong();
                assertThat(Guidance.CONSTANT.scale(scale, steps, i, t)).isEqualTo(scale);
                assertThat(Guidance.DYNAMIC.scale(scale, steps, i, t))
                        .as("%d steps, timestep %d", steps, t)
                        .isCloseTo(run.path("expected").path(i).asDouble(), within(1e-12));
                assertThat(Guidance.DYNAMIC_CORRECTED.scale(scale, steps, i, t))
                        .isCloseTo(run.path("corrected").path(i).asDouble(), within(1e-12));
                checked++;
            }
        }
        assertThat(checked).isEqualTo(2 * (1 + 4 + 5 + 7 + 10 + 30 + 50));
        try (Scope scope = Scope.inference()) {
            Tensor negative = Ops.tensor(new float[] {1, 2}, 2);
            Tensor positive = Ops.tensor(new float[] {2, 0}, 2);
            assertThat(Ops.floats(Guidance.apply(negative, positive, 6))).containsExactly(7, -10);
        }
    }

    private static JsonNode variants() throws IOException {
        return new ObjectMapper()
                .readTree(Fixture.path("diffusion_variants.json").toFile());
    }

    private static Tensor tensor(JsonNode values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = (float) values.path(i).asDouble();
        }
        return Ops.tensor(array, array.length);
    }

    private static Tensor clean(Step step) {
        Tensor clean = step.clean();
        if (clean == null) {
            throw new AssertionError("a step tells the clean sample");
        }
        return clean;
    }
}
