package ai.ingredients.training.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Subject;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.media.Picture;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.text.Tokens;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A word learns, and nothing else does. */
@Timeout(600)
class InversionStageTest {
    private static final String WORD = "<anna>";

    @TempDir
    Path folder;

    /** Two photos of coloured noise, and as many clips as asked. */
    private static final List<String> TEMPLATES =
            List.of("{} talks.", "{} looks around.", "{} laughs.", "{} is nodding.", "{} is looking around.");

    private static Subject subject(int clips) {
        Random random = new Random(4);
        List<Subject.Sample> samples = new ArrayList<>();
        for (int i = 0; i < 2 + clips; i++) {
            List<Picture> frames = new ArrayList<>();
            for (int frame = 0; frame < (i < 2 ? 1 : 9); frame++) {
                byte[] rgb = new byte[48 * 32 * 3];
                random.nextBytes(rgb);
                frames.add(new Picture(48, 32, rgb));
            }
            samples.add(new Subject.Sample("sample " + i, i < 2 ? null : "{} in a coat walks.", () -> frames));
        }
        return new Subject("woman", samples);
    }

    private static InversionStage stage(Path bundle, int vectors, String initial, int clips, boolean checkpointing) {
        return stage(bundle, vectors, initial, clips, checkpointing, Compute.CPU_FP32);
    }

    private static InversionStage stage(
            Path bundle, int vectors, String initial, int clips, boolean checkpointing, Compute compute) {
        ModelFolder model = ModelFolder.open(bundle);
        Subject subject = subject(clips);
        return new InversionStage(
                new InversionStage.Word(WORD, vectors, initial),
                new InversionStage.Settings(2, 0.5, TEMPLATES, checkpointing),
                subject,
                SubjectLatents.of(subject, model, compute, (done, all) -> {}),
                FrozenModels.open(model, bundle.resolve("transformer"), compute),
                7);
    }

    private static TrainerConfig trainer(String... settings) {
        List<String> all = new ArrayList<>(List.of("learning-rate={peak: 0.05, schedule: constant, warmup-steps: 0}"));
        all.addAll(List.of(settings));
        return TrainingConfig.of(all, TrainerConfig.DEFAULT);
    }

    private static Tensor vectors(InversionStage stage) {
        return Objects.requireNonNull(stage.parameters().getFirst().parameters().get(WORD));
    }

    /** Against a T5 with a resized table and diffusers' transformer behind it: fixture {@code inversion}. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theGradientEqualsTheOfficialOne(boolean checkpointing) throws IOException {
        JsonNode trained = new ObjectMapper()
                .readTree(Fixture.path("inversion.json").toFile())
                .path("trained");
        try (InversionStage stage = stage(Fixture.bundleT2v(), 3, "woman", 0, checkpointing);
                Fixture fixture = Fixture.open("inversion");
                Scope scope = Scope.open()) {
            vectors(stage).detach().copy_(fixture.get("in_<anna>"));
            List<Tokens> prompts = new ArrayList<>();
            for (JsonNode text : trained) {
                prompts.add(stage.text()
                        .tokens(
                                text.path("prompt").asText(),
                                text.path("length").asInt()));
            }
            InversionStage.Prediction prediction = stage.predict(
                    fixture.get("in_latents"),
                    fixture.get("in_timesteps"),
                    stage.text().embeddings(prompts));
            fixture.check("out_sample", prediction.sample(), Fixture.MODULE);
            Tensor loss =
                    prediction.sample().sub(fixture.get("in_wanted")).square().mean();
            prediction.backward().accept(loss);
            fixture.check("out_loss", loss.reshape(1), Fixture.MODULE);
            fixture.check("out_gradient", vectors(stage).grad(), Fixture.MODULE);
        }
    }

    /** Also a model that takes an image, which is zeros. */
    @ParameterizedTest
    @CsvSource({"bundle_t2v, 0", "tiny-random, 1"})
    void theLossOfTwoPhotosFallsAndNothingElseChanges(String bundle, int clips) throws IOException {
        Path model = bundle.equals("tiny-random") ? Fixture.bundle() : Fixture.bundleT2v();
        String before = Fingerprint.of(model);
        try (InversionStage stage = stage(model, 2, "woman", clips, false);
                Trainer<InversionBatch> trainer = new Trainer<>(stage, trainer());
                Scope scope = Scope.inference()) {
            assertThat(stage.parameters()).hasSize(1);
            assertThat(stage.parameters().getFirst().parameters()).containsOnlyKeys(WORD);
            Tensor first = vectors(stage).detach().clone();
            Tensor table = stage.text().encoder().table().clone();
            Tensor plain = predicted(stage, "Two men walk.");
            Tensor named = predicted(stage, "<anna> walks.");
            double begun = fixedLoss(stage);
            for (int i = 0; i < 60; i++) {
                step(trainer, stage);
            }
            double ended = fixedLoss(stage);
            assertThat(ended).isLessThan(0.99 * begun); // with random weights a word has no more to say
            assertThat(torch.equal(first, vectors(stage))).isFalse();
            assertThat(torch.equal(table, stage.text().encoder().table())).isTrue();
            assertThat(stage.text().encoder().table().requires_grad()).isFalse();
            assertThat(torch.equal(plain, predicted(stage, "Two men walk."))).isTrue();
            assertThat(torch.equal(named, predicted(stage, "<anna> walks."))).isFalse();
        }
        assertThat(Fingerprint.of(model)).isEqualTo(before);
    }

    private static void step(Trainer<InversionBatch> trainer, InversionStage stage) {
        try (Scope scope = Scope.open();
                AutoGradMode recorded = new AutoGradMode(true)) {
            Map<String, Double> figures = trainer.step(List.of(stage.batch(trainer.step())));
            assertThat(figures).containsKeys("loss", "diffusion-loss", "word-scale", "grad-norm");
        }
    }

    private static double fixedLoss(InversionStage stage) {
        return Objects.requireNonNull(stage.validate(Path.of("."), 0, Map.of()).get("fixed-loss"));
    }

    private static Tensor predicted(InversionStage stage, String prompt) {
        long channels = stage.latents().get(0).size(1);
        torch.manual_seed(1);
        return stage.predict(
                        torch.randn(1, 3, channels, 4, 6),
                        Ops.tensor(new long[] {500}, 1),
                        stage.text().embeddings(List.of(stage.text().tokens(prompt, 226))))
                .sample();
    }

    /** The squared error of v = √ᾱ · noise − √(1−ᾱ) · clean, at noise, times and captions drawn from one generator. */
    @Test
    void theLossIsTheErrorOfTheVelocity() {
        try (InversionStage stage = stage(Fixture.bundleT2v(), 1, "woman", 0, false);
                Scope scope = Scope.inference();
                Noise given = new Noise(5);
                Noise same = new Noise(5)) {
            InversionBatch batch = new InversionBatch(0, List.of(1, 0));
            double loss = stage.losses(batch, 0, given).total().item().toDouble();

            Tensor clean = Ops.stack(0, stage.latents().get(1), stage.latents().get(0));
            Tensor noise = same.gaussian(Compute.CPU_FP32, Ops.shape(clean));
            float[] draws = same.uniform(4);
            NoiseSchedule schedule = new NoiseSchedule(SchedulerConfig.of(
                    ConfigReader.of(Fixture.bundleT2v().resolve("scheduler/scheduler_config.json"))));
            double sum = 0;
            for (int i = 0; i < 2; i++) {
                long time = (long) ((i + draws[i]) / 2 * 1000);
                double signal = Math.sqrt(schedule.alphaCumprod(time));
                double rest = Math.sqrt(1 - schedule.alphaCumprod(time));
                Tensor one = clean.narrow(0, i, 1);
                Tensor drawn = noise.narrow(0, i, 1);
                String caption = Templates.naming(TEMPLATES.get((int) (draws[2 + i] * 5)), WORD);
                Tensor sample = stage.predict(
                                Ops.scale(one, signal).add(Ops.scale(drawn, rest)),
                                Ops.tensor(new long[] {time}, 1),
                                stage.text().embeddings(List.of(stage.text().tokens(caption, 226))))
                        .sample();
                Tensor velocity = Ops.scale(drawn, signal).sub(Ops.scale(one, rest));
                sum += sample.sub(velocity).square().mean().item().toDouble() / 2;
            }
            assertThat(loss).isCloseTo(sum, withinPercentage(1e-3));
        }
    }

    /** As when they make a video without photos. */
    @Test
    void modelsThatTakeAnImageGetZeros() {
        try (InversionStage stage = stage(Fixture.bundle(), 1, "woman", 0, false);
                Scope scope = Scope.inference();
                TensorStore store = ModelFolder.open(Fixture.bundle()).weights("transformer");
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(
                        weights, FrozenModels.config(Fixture.bundle().resolve("transformer")), Residency.RESIDENT)) {
            torch.manual_seed(1);
            Tensor noisy = torch.randn(1, 3, 16, 4, 6);
            Tensor text = torch.randn(1, 226, 32);
            Tensor times = Ops.tensor(new long[] {500}, 1);
            Tensor input = Ops.cat(2, noisy, Ops.tensor(new float[3 * 16 * 24], 1, 3, 16, 4, 6));
            Tensor expected = model.forward(
                            input,
                            text,
                            times,
                            model.rotary(4, 6, 3),
                            null,
                            new VideoTransformer.Options(Routing.REFERENCE, 1))
                    .sample();
            assertThat(torch.equal(expected, stage.predict(noisy, times, text).sample()))
                    .isTrue();
        }
    }

    @Test
    void theLearningRateIsInUnitsOfTheTable() {
        try (Scope scope = Scope.inference();
                InversionStage stage = stage(Fixture.bundleT2v(), 1, "woman", 0, false)) {
            double square = 0;
            float[] values = Ops.floats(stage.text().encoder().table());
            for (float value : values) {
                square += value * value / values.length;
            }
            assertThat(stage.parameters().getFirst().learningRateFactor())
                    .isCloseTo(Math.sqrt(square), withinPercentage(1e-4));
            assertThat(Math.abs(Math.sqrt(square) - 1)).as("told from 1").isGreaterThan(1e-5);
            assertThat(stage.parameters().getFirst().weightDecay()).isZero();
        }
    }

    @Test
    void vectorsBeginWithTheInitialWords() {
        try (Scope scope = Scope.inference();
                InversionStage more = stage(Fixture.bundleT2v(), 3, "woman", 0, false);
                InversionStage fewer = stage(Fixture.bundleT2v(), 1, "a woman in a park", 0, false)) {
            Tensor table = more.text().encoder().table();
            int[] woman = more.text().tokenizer().ids("woman");
            assertThat(woman).hasSize(2);
            for (int i = 0; i < 3; i++) {
                assertThat(torch.equal(vectors(more).select(0, i), table.select(0, woman[0])))
                        .isTrue();
            }
            int[] park = fewer.text().tokenizer().ids("a woman in a park");
            Tensor sum = torch.zeros(32);
            for (int i = 0; i < park.length - 1; i++) {
                sum = sum.add(table.select(0, park[i]));
            }
            Fixture.assertClose(
                    "mean",
                    Ops.scale(sum, 1.0 / (park.length - 1)),
                    vectors(fewer).select(0, 0),
                    1e-6);
        }
    }

    @Test
    void whatCannotBeLearnedIsRefused() {
        assertThatThrownBy(() -> stage(Fixture.bundleT2v(), 1, "\u4f60", 0, false))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("which the tokenizer does not know");
        assertThatThrownBy(() -> stage(Fixture.bundleT2v(), 230, "woman", 0, false))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("does not fit the model's 226 tokens with the word's 230 vectors");
        assertThatThrownBy(() -> new InversionStage.Settings(0, 0.5, List.of(), false))
                .hasMessageContaining("batch is 0");
        assertThatThrownBy(() -> new InversionStage.Settings(1, 1.5, List.of(), false))
                .hasMessageContaining("photo-share is 1.5");
        assertThatThrownBy(() -> new InversionStage.Settings(1, 1, List.of("A photo."), false))
                .hasMessageContaining("names nobody");
    }

    /** Models in bf16, the word in fp32. */
    @Test
    void aWordIsWrittenWithWhatItWasLearnedOn() {
        try (InversionStage stage =
                        stage(Fixture.bundleT2v(), 2, "woman", 1, false, Compute.CPU_FP32.with(DType.BF16));
                Trainer<InversionBatch> trainer = new Trainer<>(stage, trainer("ema-decay=0.5"));
                Scope scope = Scope.inference()) {
            for (int i = 0; i < 3; i++) {
                step(trainer, stage);
            }
            assertThat(DType.of(vectors(stage))).isEqualTo(DType.FP32);
            stage.export(folder, trainer.result());
            LearnedWord word = LearnedWord.read(folder).getFirst();
            assertThat(word.name()).isEqualTo(WORD);
            assertThat(torch.equal(
                            word.tensor(),
                            Objects.requireNonNull(trainer.result().get(WORD))))
                    .isTrue();
            assertThat(torch.equal(word.tensor(), vectors(stage))).isFalse(); // the average, not the last values
            assertThat(word.metadata()).containsEntry("initial", "woman").containsEntry("name", WORD);
            assertThat(word.metadata().get("base_model")).startsWith("sampled-sha256:");
        }
    }

    @Test
    void stepsDoNotGrowNativeMemory() {
        assumeTrue(NativeMemory.known(), "this C library does not tell");
        try (InversionStage stage = stage(Fixture.bundleT2v(), 1, "woman", 1, true);
                Trainer<InversionBatch> trainer = new Trainer<>(stage, trainer())) {
            for (int i = 0; i < 6; i++) {
                step(trainer, stage);
            }
            long pointers = Pointer.totalCount();
            long grown = NativeMemory.leak(() -> {
                for (int i = 0; i < 4; i++) {
                    step(trainer, stage);
                }
            });
            assertThat(Pointer.totalCount() - pointers).isLessThanOrEqualTo(0);
            assertThat(grown).as("bytes of four steps").isLessThan(1L << 20);
        }
    }
}
