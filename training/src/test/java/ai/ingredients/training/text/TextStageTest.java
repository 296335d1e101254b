package ai.ingredients.training.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
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
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.LearningRate;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The text stage: its batches, that it learns, and what it writes. */
class TextStageTest {
    private static final int LENGTH = 40;
    private static final TextStage.Settings SETTINGS = new TextStage.Settings(16, LENGTH, 0.2, 2, 0.5, 0.5);
    private static final LabelClasses CLASSES =
            new LabelClasses(Map.of("place", List.of("park", "beach", "elsewhere"), "unused", List.of("yes")));

    @TempDir
    private static Path folder;

    private static List<String> captions;
    private static T5Tokenizer tokenizer;

    @BeforeAll
    static void makeTokenizer() throws IOException {
        captions = Files.readAllLines(Fixture.path("text_training/captions.txt"));
        UnigramTrainer.train(captions, UnigramTrainer.Settings.ofSize(300)).write(folder.resolve("tokenizer"), LENGTH);
        tokenizer = T5Tokenizer.open(folder.resolve("tokenizer"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static LongFunction<LabelledText> firstCaptions(int count) {
        return i -> {
            String caption = captions.get((int) (i % count) * 6);
            String place = caption.contains("park") ? "park" : caption.contains("beach") ? "beach" : "elsewhere";
            return new LabelledText(caption, Map.of("place", place));
        };
    }

    private static TextStage stage(TextStage.Settings settings, LabelClasses classes, DType dtype) {
        T5Config tiny = new T5Config(tokenizer.size(), 64, 16, 128, 4, 2, 32, 128, 1e-6, "gated-gelu");
        return new TextStage(
                tiny,
                settings,
                classes,
                tokenizer,
                firstCaptions(16),
                firstCaptions(16),
                Beginning.nothing(Compute.CPU_FP32.with(dtype), 7));
    }

    private static TrainerConfig config(int steps) {
        TrainerConfig usual = TrainerConfig.DEFAULT;
        return new TrainerConfig(
                7,
                "cpu",
                DType.FP32,
                steps,
                1,
                new LearningRate(1e-2, LearningRate.Schedule.COSINE, 10, 0.05),
                usual.optimizer(),
                0,
                1,
                250,
                2,
                0,
                10,
                0.05,
                1,
                4,
                1);
    }

    @Test
    void sixteenCaptionsAreLearntByHeart() {
        try (TextStage stage = stage(SETTINGS, CLASSES, DType.FP32);
                Trainer<TextBatch> trainer = new Trainer<>(stage, config(180))) {
            double first = trainer.step(List.of(stage.batch(0))).getOrDefault("loss", Double.NaN);
            double last = first;
            while (trainer.step() < 180) {
                Map<String, Double> figures = trainer.step(List.of(stage.batch(trainer.step())));
                last = figures.getOrDefault("loss", Double.NaN);
                assertThat(figures).containsKeys("pieces", "labels");
            }
            assertThat(first).isGreaterThan(4);
            assertThat(last).isLessThan(1);
            assertThat(stage.validate(folder, 180, trainer.result()))
                    .containsOnlyKeys("hidden-right", "neighbours-right", "place-right")
                    .allSatisfy((what, share) -> assertThat(share).as(what).isBetween(0.75, 1.0));
        }
    }

    @Test
    void aBatchDependsOnItsNumberAndTheSeedOnly() {
        try (TextStage one = stage(SETTINGS, CLASSES, DType.FP32);
                TextStage other = stage(SETTINGS, CLASSES, DType.FP32)) {
            TextBatch batch = one.batch(3);
            one.batch(0);
            assertThat(other.batch(3)).usingRecursiveComparison().isEqualTo(batch);
            assertThat(other.batch(4).ids()).isNotEqualTo(batch.ids());
            assertThat(one.describe(batch)).isEqualTo("captions 48 to 63");
            assertThat(one.samples(batch)).isEqualTo(16);
        }
    }

    @Test
    void questionsAskForWhatTheCaptionHas() {
        try (TextStage stage = stage(SETTINGS, CLASSES, DType.FP32)) {
            int masked = 0;
            int hidden = 0;
            int pieces = 0;
            int[] distances = {0, -1, 1, -2, 2};
            int mask = tokenizer.size() - 1;
            for (int number = 0; number < 20; number++) {
                TextBatch batch = stage.batch(number);
                for (int q = 0; q < batch.places().length; q++) {
                    int row = (int) batch.places()[q] / LENGTH;
                    int column = (int) batch.places()[q] % LENGTH;
                    int kind = (int) batch.kinds()[q];
                    String caption =
                            firstCaptions(16).apply(batch.first() + row).text();
                    long[] ids = tokenizer.encode(caption, LENGTH).ids();
                    assertThat(batch.answers()[q]).isEqualTo(ids[column + distances[kind]]);
                    assertThat(ids[column]).isGreaterThan(2);
                    if (kind == 0) {
                        hidden++;
                        masked += batch.ids()[row * LENGTH + column] == mask ? 1 : 0;
                    }
                }
                for (long id : batch.ids()) {
                    pieces += id > 2 ? 1 : 0;
                }
                assertThat(batch.labels()).hasSize(32).contains(-1); // "unused" is never stated
            }
            assertThat((double) masked / hidden).isBetween(0.75, 0.85);
            assertThat((double) hidden / pieces).isBetween(0.18, 0.26); // 20 %, and one at least
        }
    }

    @Test
    void whatIsWrittenIsTheEncoderThatWasTrained() throws IOException {
        Path bundle = folder.resolve("bundle");
        Files.createDirectories(bundle);
        try (Scope scope = Scope.inference();
                TextStage stage = stage(SETTINGS, CLASSES, DType.FP32);
                Trainer<TextBatch> trainer = new Trainer<>(stage, config(1))) {
            stage.export(bundle, trainer.result());
            T5Config config = T5Config.of(ConfigReader.of(bundle.resolve("config.json")));
            try (SafetensorsFile file = SafetensorsFile.open(bundle.resolve("model.safetensors"));
                    Weights written = Weights.of(file, Compute.CPU_FP32);
                    Weights trained = Weights.of(encoderOnly(trainer.result()), Compute.CPU_FP32)) {
                PromptEncoder prompts =
                        new PromptEncoder(tokenizer, new T5Encoder(config, written, Residency.RESIDENT));
                written.verify(); // no training heads
                Tensor expected = new T5Encoder(config, trained, Residency.RESIDENT)
                        .forward(Ops.tensor(
                                tokenizer.encode(captions.get(3), LENGTH).ids(), 1, LENGTH));
                // fp16 storage: eps 2⁻¹¹ of each weight, a few layers deep
                Fixture.assertClose(
                        "embeddings",
                        expected,
                        prompts.encode(captions.get(3), LENGTH).embeddings(),
                        4 * 0x1p-11);
            }
        }
    }

    private static TensorStore encoderOnly(Map<String, Tensor> values) {
        return TensorStore.of(values, "trained").renamed(name -> name.startsWith("heads.") ? null : name);
    }

    @Test
    void withoutLabelsWordsAloneAreLearned() {
        try (TextStage stage = stage(SETTINGS, LabelClasses.none(), DType.BF16);
                Trainer<TextBatch> trainer = new Trainer<>(stage, config(1))) {
            assertThat(trainer.step(List.of(stage.batch(0))))
                    .containsKey("pieces")
                    .doesNotContainKey("labels");
            assertThat(stage.validate(folder, 1, trainer.result()))
                    .containsOnlyKeys("hidden-right", "neighbours-right");
        }
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> new TextStage.Settings(16, 48, 0, 2, 0.5, 0.5))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("hidden is 0.0");
        LabelClasses other = new LabelClasses(Map.of("place", List.of("park")));
        try (TextStage stage = stage(SETTINGS, other, DType.FP32)) {
            assertThatThrownBy(() -> stage.batch(0))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("has the label place=")
                    .hasMessageContaining("[park]");
        }
        T5Config small = new T5Config(50, 64, 16, 128, 4, 2, 32, 128, 1e-6, "gated-gelu");
        assertThatThrownBy(() -> new TextStage(
                        small,
                        SETTINGS,
                        CLASSES,
                        tokenizer,
                        firstCaptions(16),
                        firstCaptions(16),
                        Beginning.nothing(Compute.CPU_FP32, 0)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("vocab_size is 50");
    }
}
