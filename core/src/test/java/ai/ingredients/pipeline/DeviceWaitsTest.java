package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.tensor.Transfers.Kind;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.IdentityConfig;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The sampling loop leaves a device to compute by itself: counted by what is told to a listener of {@link Transfers}, which
 * is the only way from device to host there (held by the architecture's test).
 */
class DeviceWaitsTest {
    private static final Path FOLDER = Fixture.bundle().resolve("transformer");
    private static final TransformerConfig CONFIG =
            TransformerConfig.of(ConfigReader.of(FOLDER.resolve("config.json")));
    private static final IdentityConfig IDENTITY = Objects.requireNonNull(CONFIG.identity());
    private static final int PEOPLE = 2;
    private static final int FRAMES = 3;
    private static final int HEIGHT = 8;
    private static final int WIDTH = 12;
    private static final int TEXT = 16;

    /** How many rows a step has, by what guides it. */
    private enum Rows {
        ONE(1, 1),
        TWO(6, 1),
        THREE(6, 3);

        private final double guidance;
        private final double image;

        Rows(double guidance, double image) {
            this.guidance = guidance;
            this.image = image;
        }
    }

    private static void loop(Scheduler.Kind sampler, Rows rows, StepPlan plan, GenerationListener seen) {
        try (Scope scope = Scope.inference();
                SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("diffusion_pytorch_model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, CONFIG, Residency.RESIDENT);
                Noise noise = new Noise(1)) {
            Tensor initial = torch.randn(1, FRAMES, CONFIG.inChannels() / 2, HEIGHT, WIDTH);
            Tensor image = torch.randn(Ops.shape(initial));
            Tensor text = torch.randn(rows == Rows.ONE ? 1 : 2, TEXT, CONFIG.textEmbedDim());
            Tensor tokens = torch.randn(PEOPLE, IDENTITY.lfeNumQuerie(), IDENTITY.lfeOutputDim());
            Denoiser.Conditions conditions = new Denoiser.Conditions(
                    text,
                    image,
                    new Arrangement(
                            model.prepare(tokens),
                            new Arrangement.Plan(Steering.NONE, null, new long[0], plan.guided().length),
                            new Arrangement.Grid(new VideoSize(9, 32, 48), CONFIG.patchSize()),
                            Compute.CPU_FP32),
                    model.rotary(HEIGHT, WIDTH, FRAMES),
                    new VideoTransformer.Options(rows == Rows.THREE ? Routing.PER_BRANCH : Routing.REFERENCE, 1));
            int steps = plan.guided().length;
            new Denoiser(
                            model,
                            Scheduler.of(sampler, SchedulerConfig.cogVideoX5b()),
                            steps,
                            Guidance.DYNAMIC,
                            rows.guidance,
                            rows.image,
                            plan)
                    .denoise(initial, conditions, noise, null, seen);
        }
    }

    private static StepPlan plain(int steps) {
        return Shortcuts.NONE.plan(steps);
    }

    /** Every second step repeats the one before. */
    private static StepPlan repeating(int steps) {
        boolean[] repeated = new boolean[steps];
        for (int i = 1; i < steps; i += 2) {
            repeated[i] = true;
        }
        return new StepPlan(plain(steps).guided(), repeated);
    }

    private static List<Kind> told(Scheduler.Kind sampler, Rows rows, StepPlan plan, GenerationListener seen) {
        List<Kind> told = new ArrayList<>();
        Transfers.observed(told::add, () -> loop(sampler, rows, plan, seen));
        return told;
    }

    @ParameterizedTest
    @CsvSource({"DDIM, ONE", "DDIM, TWO", "DDIM, THREE", "DPM, THREE", "DPMPP, TWO", "UNIPC, TWO"})
    void noStepWaitsForTheDevice(Scheduler.Kind sampler, Rows rows) {
        for (StepPlan plan : List.of(plain(5), repeating(5))) {
            List<Kind> told = told(sampler, rows, plan, GenerationListener.NONE);
            assertThat(told).isNotEmpty().doesNotContain(Kind.WAITS);
            int draws = sampler == Scheduler.Kind.DPM ? 2 * 5 - 2 : 0; // one in the first and the last step
            int once = told(sampler, rows, plain(1), GenerationListener.NONE).size()
                    - (sampler == Scheduler.Kind.DPM ? 1 : 0);
            assertThat(told).hasSize(once + draws); // times and rotation are there from the first step on
        }
    }

    @Test
    void whatAListenerReadsIsCounted() {
        List<Kind> told = told(Scheduler.Kind.DDIM, Rows.TWO, plain(4), new GenerationListener() {
            @Override
            public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
                assertThat(Ops.floats(latents)).isNotEmpty();
            }
        });
        assertThat(Collections.frequency(told, Kind.WAITS)).isEqualTo(4);
    }

    /** Tensors of the device meta have no values: whoever reads one fails. */
    @ParameterizedTest
    @EnumSource(Scheduler.Kind.class)
    void samplersReadNoValue(Scheduler.Kind sampler) {
        Scheduler scheduler = Scheduler.of(sampler, SchedulerConfig.cogVideoX5b());
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(1)) {
            TensorOptions meta = new TensorOptions(ScalarType.Float).device(new DeviceOptional(new Device("meta")));
            Tensor sample = torch.zeros(new long[] {1, FRAMES, 4, HEIGHT, WIDTH}, meta);
            long[] times = scheduler.timesteps(3);
            Scheduler.Step state = Scheduler.Step.first(sample);
            for (int i = 0; i < times.length; i++) {
                Tensor prediction = Guidance.apply(sample, sample, 6).add(sample);
                state = scheduler.step(times, i, prediction, state, noise);
                assertThat(state.sample().is_meta()).isTrue();
            }
            Tensor last = state.sample();
            assertThatThrownBy(() -> Transfers.toHost(last)).hasMessageContaining("meta");
        }
    }

    @Test
    void factorsMadeOnceAreThoseOfEveryStep() {
        try (Scope scope = Scope.inference();
                SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("diffusion_pytorch_model.safetensors"));
                Weights weights = Weights.of(file, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, CONFIG, Residency.RESIDENT)) {
            torch.manual_seed(5);
            Tensor latents = torch.randn(1, FRAMES, CONFIG.inChannels(), HEIGHT, WIDTH);
            Tensor text = torch.randn(1, TEXT, CONFIG.textEmbedDim());
            Tensor time = Ops.tensor(new long[] {7}, 1);
            var rotary = Objects.requireNonNull(model.rotary(HEIGHT, WIDTH, FRAMES));
            var options = new VideoTransformer.Options(Routing.REFERENCE, 1);
            Tensor each =
                    model.forward(latents, text, time, rotary, null, options).sample();
            var ready = rotary.prepared(TEXT, latents);
            for (int i = 0; i < 2; i++) {
                Tensor once =
                        model.forward(latents, text, time, ready, null, options).sample();
                assertThat(torch.equal(each, once)).isTrue();
            }
            Tensor longer = torch.randn(1, TEXT + 1, CONFIG.textEmbedDim()); // made for another number of tokens
            assertThat(torch.equal(
                            model.forward(latents, longer, time, rotary, null, options)
                                    .sample(),
                            model.forward(latents, longer, time, ready, null, options)
                                    .sample()))
                    .isTrue();
        }
    }
}
