package ai.ingredients.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler.Kind;
import ai.ingredients.diffusion.Scheduler.Step;
import ai.ingredients.diffusion.SchedulerConfig.PredictionType;
import ai.ingredients.diffusion.SchedulerConfig.TimestepSpacing;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DPM-Solver++ and UniPC against diffusers' classes: fixture {@code solvers}, made by {@code solver_vectors.py}. */
class SolverTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dpmpp_1",
                "dpmpp_2",
                "dpmpp_3",
                "dpmpp_7",
                "dpmpp_10",
                "dpmpp_20",
                "dpmpp_shift3_8",
                "dpmpp_linspace_6",
                "dpmpp_leading_6",
                "dpmpp_epsilon_6",
                "dpmpp_sample_6",
                "unipc_1",
                "unipc_2",
                "unipc_3",
                "unipc_7",
                "unipc_10",
                "unipc_20",
                "unipc_shift3_8",
                "unipc_linspace_6",
                "unipc_leading_6",
                "unipc_epsilon_6",
                "unipc_sample_6"
            })
    void everyStepEqualsDiffusers(String name) {
        check(name, ScalarType.Float, Fixture.MODULE);
    }

    @Test
    void bf16LatentsAreSteppedInFp32() {
        check("dpmpp_bf16_6", ScalarType.BFloat16, 0x1p-12);
    }

    private static void check(String name, ScalarType type, double tolerance) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("solvers");
                Noise noise = new Noise(1)) {
            Scheduler scheduler = Scheduler.of(Kind.parse(name.substring(0, name.indexOf('_'))), schedule(name));
            Tensor official = fixture.get(name + "/out_timesteps");
            long[] timesteps = scheduler.timesteps((int) official.numel());
            assertThat(timesteps).isEqualTo(Ops.longs(official));
            Step step = Step.first(fixture.get(name + "/in_sample").to(type));
            for (int i = 0; i < timesteps.length; i++) {
                step = scheduler.step(timesteps, i, fixture.get(name + "/in_model_output_" + i), step, noise);
                assertThat(DType.of(step.sample())).isEqualTo(DType.of(fixture.get(name + "/in_sample")));
                fixture.check(name + "/out_sample_" + i, step.sample(), tolerance);
            }
        }
    }

    private static SchedulerConfig schedule(String name) {
        boolean epsilon = name.contains("epsilon");
        return new SchedulerConfig(
                1000,
                0.00085,
                0.012,
                SchedulerConfig.BetaSchedule.SCALED_LINEAR,
                List.of(),
                true,
                name.contains("leading") ? 1 : 0,
                epsilon
                        ? PredictionType.EPSILON
                        : name.contains("sample") ? PredictionType.SAMPLE : PredictionType.V_PREDICTION,
                name.contains("linspace")
                        ? TimestepSpacing.LINSPACE
                        : name.contains("leading") ? TimestepSpacing.LEADING : TimestepSpacing.TRAILING,
                !epsilon,
                name.contains("shift3") ? 3 : 1);
    }

    /** Keys that are absent mean what they mean to the class that is named. */
    @Test
    void aSolversConfigHasItsOwnDefaults() throws IOException {
        SchedulerConfig bare = config("{\"_class_name\": \"DPMSolverMultistepScheduler\"}");
        assertThat(bare.betaSchedule()).isEqualTo(SchedulerConfig.BetaSchedule.LINEAR);
        assertThat(bare.betaEnd()).isEqualTo(0.02);
        assertThat(bare.snrShiftScale()).isEqualTo(1);
        assertThat(bare.timestepSpacing()).isEqualTo(TimestepSpacing.LINSPACE);
        String saved = "{\"_class_name\": \"UniPCMultistepScheduler\", \"solver_order\": %s, \"solver_type\": \"bh2\","
                + " \"use_karras_sigmas\": false, \"final_sigmas_type\": \"zero\", \"snr_shift_scale\": 3.0}";
        assertThat(config(saved.replace("%s", "2")).snrShiftScale()).isEqualTo(3);
        assertThatThrownBy(() -> config(saved.replace("%s", "3")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("x.json: \"solver_order\" is 3; of this solver only 2 is known");
    }

    private static SchedulerConfig config(String json) throws IOException {
        return SchedulerConfig.of(new ConfigReader(new ObjectMapper().readTree(json), "x.json"));
    }

    @Test
    void moreStepsThanTimestepsAreRefused() {
        SchedulerConfig config = SchedulerConfig.cogVideoX5b();
        assertThat(Scheduler.of(Kind.UNIPC, config).timesteps(1000)).hasSize(1000);
        Scheduler spaced = Scheduler.of(Kind.DPMPP, config.with(TimestepSpacing.LINSPACE));
        assertThatThrownBy(() -> spaced.timesteps(1000))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("between 1 and 999");
        assertThat(spaced.timesteps(999)).doesNotHaveDuplicates();
    }
}
