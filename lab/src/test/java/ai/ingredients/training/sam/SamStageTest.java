package ai.ingredients.training.sam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.sam.PromptBox;
import ai.ingredients.sam.Sam;
import ai.ingredients.sam.SamConfig;
import ai.ingredients.sam.SamPrediction;
import ai.ingredients.sam.SamPrompts;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.LearningRate;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny Segment Anything learns a few small pictures by heart, and is written and opened again. */
class SamStageTest {
    private static final SamConfig TINY =
            new SamConfig(48, 8, 16, 2, 2, 32, 3, List.of(1), 32, 4, new SamConfig.Decoder(1, 8, 32, 3, 2, 16));
    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, 4, 5, new int[] {1}, 1, new ClipFormat(48, 32, 1, 8, 16));
    private static final int STEPS = 80;

    @Test
    void learnsAndIsOpenedAgain(@TempDir Path folder) {
        try (SamStage stage = stage();
                Trainer<SamBatch> trainer = new Trainer<>(stage, settings())) {
            Map<String, Double> before = stage.validate(folder, 0, Map.of());
            double first = 0;
            double last = 0;
            for (long step = 0; step < STEPS; step++) {
                last = trainer.step(List.of(stage.batch(step))).getOrDefault("loss", Double.NaN);
                first = step == 0 ? last : first;
            }

            assertThat(last).isLessThan(first / 3);
            Map<String, Double> after = stage.validate(folder, STEPS, trainer.result());
            assertThat(before.get("iou")).isLessThan(0.4);
            assertThat(after.get("iou")).isGreaterThan(0.6);
            assertThat(after).containsKey("paper-iou");

            stage.export(folder, trainer.result());
            try (TensorStore store = Checkpoint.open(folder);
                    Weights weights = Weights.of(store, Compute.CPU_FP32);
                    Scope scope = Scope.inference()) {
                assertThat(SamConfig.of(store)).isEqualTo(TINY);
                Sam opened = Sam.of(weights, SamConfig.of(store));
                weights.verify();
                SamBatch batch = stage.batch(0);
                SamPrediction found = opened.predict(
                        batch.pictures().getFirst(), List.of(batch.boxes().getFirst()), Sam.Answer.SINGLE);
                assertThat(Ops.shape(found.logits())).containsExactly(1, 1, 24, 24);
            }
        }
    }

    @Test
    void severalPicturesAreAnsweredAsEachAlone() {
        Compute compute = Compute.CPU_FP32;
        try (SamStage stage = stage();
                Weights weights =
                        Weights.trainable(TensorStore.of(Map.of(), "nothing"), compute, new Initialiser(1, 1));
                Scope scope = Scope.inference()) {
            SamBatch batch = stage.batch(3);
            Sam sam = Sam.of(weights, TINY);
            PromptBox box = new PromptBox(3, 4, 20, 24);
            Sam.Encoded together = sam.encode(batch.pictures());
            float[] boxes = together.frame().boxes(List.of(box, box, box));
            float[] all = Ops.floats(sam.predict(together, SamPrompts.boxes(Ops.tensor(boxes, 3, 4)), Sam.Answer.SINGLE)
                    .logits());
            for (int i = 0; i < 3; i++) {
                float[] alone = Ops.floats(sam.predict(batch.pictures().get(i), List.of(box), Sam.Answer.SINGLE)
                        .logits());
                for (int j = 0; j < alone.length; j++) {
                    assertThat(all[i * alone.length + j]).isCloseTo(alone[j], Offset.offset(1e-3f));
                }
            }
        }
    }

    @Test
    void boxesAreMovedButNeverTurnedInsideOut() {
        try (SamStage stage = stage(new SamStage.Settings(40, 0, 0.5, 2))) {
            assertThat(stage.batch(0).boxes()).allSatisfy(box -> {
                assertThat(box.right()).isGreaterThan(box.left());
                assertThat(box.bottom()).isGreaterThan(box.top());
            });
            assertThat(stage.batch(0)).isEqualTo(stage.batch(0)).isNotEqualTo(stage.batch(1));
        }
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> new SamStage.Settings(0, 0, 0.1, 2))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("batch is 0");
    }

    private static SamStage stage() {
        return stage(new SamStage.Settings(3, 0, 0.05, 0));
    }

    private static SamStage stage(SamStage.Settings settings) {
        return new SamStage(TINY, settings, SOURCE, SOURCE, Beginning.nothing(Compute.CPU_FP32, 3));
    }

    private static TrainerConfig settings() {
        TrainerConfig defaults = TrainerConfig.DEFAULT;
        return new TrainerConfig(
                0,
                "cpu",
                defaults.precision(),
                STEPS,
                1,
                new LearningRate(5e-3, LearningRate.Schedule.COSINE, 5, 0.1),
                defaults.optimizer(),
                0,
                1,
                100,
                1,
                0,
                0,
                0,
                1,
                1,
                1);
    }
}
