package ai.ingredients.training.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.Split;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.io.JsonFile;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.features.ClipEncoder;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.features.GuessEncoder;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny bundle of random weights guesses, and its decoder learns from the guesses. */
class DecoderStageTest {
    private static final ModelFolder BUNDLE = ModelFolder.open(Fixture.bundle());
    private static final Path VAE = BUNDLE.component("vae");
    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, 3, 5, new int[] {1}, 1, new ClipFormat(48, 32, 9, 8, 16));
    private static final CastSource OTHERS =
            new CastSource(Split.VALIDATION, 2, 5, new int[] {1}, 1, new ClipFormat(48, 32, 9, 8, 16));
    private static final GuessEncoder.Settings NEARLY_CLEAN = new GuessEncoder.Settings(2, 0.001, 0.002, 1);
    private static final GuessEncoder.Settings NOISY = new GuessEncoder.Settings(2, 0.6, 0.9, 2);

    /** What a transformer was trained on must not move, not even by the rounding of the precision it computes in. */
    @Test
    void theDecoderLearnsAndTheEncoderStaysBitForBit(@TempDir Path folder) {
        try (TensorStore begun = Checkpoint.open(VAE);
                DecoderStage stage = stage(folder, begun, 0);
                Trainer<DecoderStage.Batch> trainer = new Trainer<>(stage, TrainerConfig.DEFAULT)) {
            Map<String, Double> before = stage.validate(folder, 0, trainer.result());
            for (long step = 0; step < 30; step++) {
                assertThat(trainer.step(List.of(stage.batch(step))).get("loss")).isFinite();
            }
            Map<String, Double> after = stage.validate(folder, 30, trainer.result());
            assertThat(after.get("psnr")).isGreaterThan(before.getOrDefault("psnr", 99.0) + 0.5);
            assertThat(folder.resolve("decoded.png")).exists();

            stage.export(folder, trainer.result());
            try (TensorStore written = Checkpoint.open(folder);
                    Scope scope = Scope.inference()) {
                assertThat(written.names()).containsExactlyInAnyOrderElementsOf(begun.names());
                int moved = 0;
                for (String name : begun.names()) {
                    boolean same = written.get(name)
                            .to(ScalarType.Float)
                            .equal(begun.get(name).to(ScalarType.Float));
                    if (name.startsWith("decoder.")) {
                        moved += same ? 0 : 1;
                    } else {
                        assertThat(same).as(name).isTrue();
                    }
                }
                assertThat(moved).isGreaterThan(20);
            }
            assertThat(JsonFile.read(folder.resolve("config.json")))
                    .isEqualTo(JsonFile.read(VAE.resolve("config.json")));
        }
    }

    @Test
    void guessesBeginAtTheTruth(@TempDir Path folder) {
        try (FeatureCache near = guesses(folder, SOURCE, NEARLY_CLEAN);
                FeatureCache far = guesses(folder, SOURCE, NOISY);
                Scope scope = Scope.inference()) {
            for (long clip : near.clips()) {
                Tensor truth = near.fp32(clip, "latents"); // [f, C, h, w]
                assertThat(Ops.shape(near.get(clip, "guesses"))).containsExactly(2, 3, 16, 4, 6);
                assertThat(Ops.shape(near.get(clip, "frames"))).containsExactly(9, 32, 48, 3);
                assertThat(near.fp32(clip, "faces").amax().item().toDouble()).isEqualTo(1);
                double close = distance(near.fp32(clip, "guesses").select(0, 0), truth);
                double away = distance(far.fp32(clip, "guesses").select(0, 0), truth);
                assertThat(near.has(clip, "text")).isFalse(); // nothing is kept that is not learned from
                assertThat(close).isLessThan(0.3);
                assertThat(away).isGreaterThan(2 * close);
            }
        }
    }

    @Test
    void batchesFollowFromTheirNumbers(@TempDir Path folder) {
        try (TensorStore begun = Checkpoint.open(VAE);
                DecoderStage stage = stage(folder, begun, 0)) {
            assertThat(stage.batch(3)).isEqualTo(stage.batch(3)).isNotEqualTo(stage.batch(4));
        }
    }

    @Test
    void settingsThatCannotBeAreRefused(@TempDir Path folder) {
        assertThatThrownBy(() -> new DecoderStage.Settings(2, 2, 16, 24, 0.5, 0.2, 0.5, 2, 0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("latent-frames is 2");
        try (TensorStore begun = Checkpoint.open(VAE)) {
            assertThatThrownBy(() -> stage(folder, begun, 0.1))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("needs the gradients of a recogniser in safetensors");
        }
        assertThatThrownBy(() -> new GuessEncoder.Settings(1, 0.5, 0.4, 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("from is 0.5 and to 0.4");
    }

    private static double distance(Tensor a, Tensor b) {
        return a.sub(b).norm().item().toDouble() / b.norm().item().toDouble();
    }

    private static DecoderStage stage(Path folder, TensorStore begun, double identityWeight) {
        return new DecoderStage(
                JsonFile.read(VAE.resolve("config.json")),
                new DecoderStage.Settings(2, 3, 16, 24, 0.5, 0.2, 0.5, 2, identityWeight),
                guesses(folder, SOURCE, NEARLY_CLEAN),
                guesses(folder, OTHERS, NEARLY_CLEAN),
                folder.resolve("no-recogniser"),
                new Beginning(begun, Compute.CPU_FP32.with(DType.BF16), 3));
    }

    /** Without the photos: the tiny bundle has no face networks. */
    private static FeatureCache guesses(Path folder, ClipSource source, GuessEncoder.Settings settings) {
        Compute compute = Compute.CPU_FP32;
        VaeConfig vaeConfig = VaeConfig.of(BUNDLE.config("vae"));
        TransformerConfig config = TransformerConfig.of(BUNDLE.config("transformer"));
        try (TensorStore vaeStore = BUNDLE.weights("vae");
                Weights vaeWeights = Weights.of(vaeStore, compute);
                TensorStore textStore = BUNDLE.weights("text_encoder");
                Weights textWeights = Weights.of(textStore, compute);
                TensorStore store = BUNDLE.weights("transformer");
                Weights weights = Weights.of(store, compute);
                VideoTransformer transformer = VideoTransformer.load(weights, config, Residency.RESIDENT);
                T5Tokenizer tokenizer = T5Tokenizer.open(BUNDLE.component("tokenizer"))) {
            PromptEncoder prompts = new PromptEncoder(
                    tokenizer,
                    new T5Encoder(T5Config.of(BUNDLE.config("text_encoder")), textWeights, Residency.RESIDENT));
            ClipEncoder clips = new ClipEncoder(
                    VideoVae.load(vaeWeights, vaeConfig),
                    prompts,
                    null,
                    new ClipEncoder.Wanted(config.maxTextSeqLength(), 1, false, false, false),
                    compute,
                    "tiny");
            GuessEncoder encoder = new GuessEncoder(
                    clips,
                    transformer,
                    new NoiseSchedule(SchedulerConfig.of(BUNDLE.config("scheduler"))),
                    vaeConfig.scalingFactor(),
                    settings,
                    compute,
                    "tiny-" + settings.steps());
            return FeatureCache.fill(folder.resolve("cache"), source, encoder, 1, 1, 0, (done, all) -> {});
        }
    }
}
