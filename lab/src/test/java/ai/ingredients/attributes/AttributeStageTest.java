package ai.ingredients.attributes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.training.features.DecodedData;
import ai.ingredients.training.features.TinyDecoded;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.LearningRate;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny judge learns a handful of small clips by heart, and is written and opened again. */
class AttributeStageTest {
    private static final int CLIPS = 4;
    private static final AttributeConfig TINY = new AttributeConfig(5, 32, 48, List.of(8, 8, 16, 16));
    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, CLIPS, 5, new int[] {1, 2}, 1, new ClipFormat(48, 32, 5, 8, 16));

    @Test
    void learnsAndIsOpenedAgain(@TempDir Path folder) {
        try (AttributeStage stage = stage(DType.FP32);
                Trainer<AttributeBatch> trainer = new Trainer<>(stage, settings())) {
            double first = 0;
            double last = 0;
            for (long step = 0; step < settings().steps(); step++) {
                last = trainer.step(List.of(stage.batch(step))).getOrDefault("loss", Double.NaN);
                first = step == 0 ? last : first;
            }

            assertThat(last).isLessThan(first / 3);
            Map<String, Double> validated = stage.validate(folder, 0, trainer.result());
            assertThat(validated.get("scene_right")).isGreaterThanOrEqualTo(0.75);
            assertThat(validated.get("colours_present")).isGreaterThanOrEqualTo(0.75);
            stage.export(folder, trainer.result());
            try (AttributeClassifier opened = AttributeClassifier.open(folder, Compute.CPU_FP32)) {
                Map<String, Double> judged =
                        opened.judge(SOURCE.clip(0).frames(), SOURCE.prompt(0)).figures();
                assertThat(judged).containsKeys("attributes_right", "action_right", "kinds_present", "count_right");
                // Videos of another size and length are fitted.
                List<Picture> large = new CastSource(
                                Split.TRAIN, CLIPS, 5, new int[] {1, 2}, 1, new ClipFormat(96, 64, 9, 8, 16))
                        .clip(0)
                        .frames();
                assertThat(opened.judge(large, SOURCE.prompt(0)).right()).containsEntry("scene", 1.0);
            }
        }
    }

    @Test
    void computesInHalfPrecisionToo() {
        try (AttributeStage stage = stage(DType.BF16);
                Trainer<AttributeBatch> trainer = new Trainer<>(stage, settings())) {
            assertThat(trainer.step(List.of(stage.batch(0))).get("loss")).isBetween(0.3, 3.0);
            assertThat(trainer.skipped()).isZero();
        }
    }

    @Test
    void damageKeepsTheClipRecognisable() {
        List<Picture> clip = SOURCE.clip(1).frames();
        SplittableRandom random = new SplittableRandom(4);

        List<Picture> mild = new ClipDamage(1, 0, 0, 0).apply(clip, new SplittableRandom(8));
        List<Picture> damaged = ClipDamage.USUAL.apply(clip, random);

        Picture first = clip.getFirst();
        Picture seen = mild.getFirst();
        boolean mirrored = !seen.equals(first);
        for (int x = 0; x < first.width(); x++) {
            int from = 3 * (mirrored ? first.width() - 1 - x : x);
            assertThat(seen.rgb()[3 * x]).isEqualTo(first.rgb()[from]);
        }
        assertThat(damaged).hasSize(clip.size()).doesNotContainAnyElementsOf(clip);
        assertThat(ClipDamage.USUAL.apply(clip, new SplittableRandom(4))).isEqualTo(damaged);
    }

    @Test
    void labelsSayWhatThePromptSays() {
        Attributes shown = Attributes.of(SOURCE.prompt(0));

        assertThat(shown.single()).startsWith(SOURCE.prompt(0).scene().ordinal());
        assertThat(shown.single().getLast()).isEqualTo(SOURCE.people(0) - 1);
        for (Dye dye : Dye.values()) {
            boolean worn = SOURCE.prompt(0).people().stream()
                    .anyMatch(role -> role.garment().colour() == dye);
            assertThat(shown.colours().get(dye.ordinal())).isEqualTo(worn);
        }
        assertThat(shown.kinds()).contains(true);
    }

    /** With nothing but decoded clips in a batch, each is one of them, under the prompt it was drawn from. */
    @Test
    void seesClipsAsAModelShowsThem(@TempDir Path folder) {
        try (AttributeStage stage = stage(DType.FP32, TinyDecoded.data(folder, SOURCE, SOURCE, 1))) {
            AttributeBatch batch = stage.batch(0);
            try (DecodedData again = TinyDecoded.data(folder, SOURCE, SOURCE, 1)) {
                for (int i = 0; i < CLIPS; i++) {
                    Picture seen = batch.videos().get(i).getFirst();
                    long nearest = again.learned().clips().stream()
                            .min(Comparator.comparingDouble(clip ->
                                    likeness(seen, again.learned().frames(clip).getFirst())))
                            .orElseThrow();
                    assertThat(batch.shown().get(i)).isEqualTo(Attributes.of(SOURCE.prompt(nearest)));
                }
            }
            try (Trainer<AttributeBatch> trainer = new Trainer<>(stage, settings())) {
                trainer.step(List.of(batch));
                assertThat(stage.validate(folder, 1, trainer.result()))
                        .containsKeys("action_right", "decoded-action_right", "decoded-attributes_right");
            }
        }
    }

    /** Mean difference of rows' colours, whichever way round the frame is. */
    private static double likeness(Picture a, Picture b) {
        double sum = 0;
        for (int y = 0; y < a.height(); y++) {
            for (int c = 0; c < 3; c++) {
                double rows = 0;
                for (int x = 0; x < a.width(); x++) {
                    int at = (y * a.width() + x) * 3 + c;
                    rows += (a.rgb()[at] & 0xFF) - (b.rgb()[at] & 0xFF);
                }
                sum += Math.abs(rows);
            }
        }
        return sum;
    }

    private static AttributeStage stage(DType precision) {
        return stage(precision, null);
    }

    private static AttributeStage stage(DType precision, @Nullable DecodedData decoded) {
        return new AttributeStage(
                TINY,
                new AttributeStage.Settings(CLIPS, 0, 2),
                SOURCE,
                SOURCE,
                decoded,
                Beginning.nothing(new Compute("cpu", precision), 3));
    }

    private static TrainerConfig settings() {
        TrainerConfig defaults = TrainerConfig.DEFAULT;
        return new TrainerConfig(
                0,
                "cpu",
                DType.FP32,
                80,
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
