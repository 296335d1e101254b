package ai.ingredients.training.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.DrawnWorld;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Portraits;
import ai.ingredients.data.Split;
import ai.ingredients.face.DetectorBackbone;
import ai.ingredients.face.DetectorConfig;
import ai.ingredients.face.EvaConfig;
import ai.ingredients.face.EvaVisionTower;
import ai.ingredients.face.FaceRecogniser;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.face.RetinaFace;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.features.TinyDecoded;
import ai.ingredients.training.loop.AdamW;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.LearningRate;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small networks of each stage learn a handful of pictures by heart, and what is written is what was learned. */
class FaceStagesTest {
    private static final DetectorConfig KNOWN = new DetectorConfig(DetectorBackbone.MOBILE_025, 0.3);

    private static final int STEPS = 30;

    @TempDir
    private Path folder;

    @Test
    void aRecogniserLearnsAndIsWritten() {
        IResNetConfig config = new IResNetConfig(List.of(1, 1, 1, 1), List.of(8, 8, 16, 16), 16, 32, 0.1);
        var settings = new RecogniserStage.Settings(8, 0.3, 16, 1, 1, 0, 1e-4);
        try (RecogniserStage stage = new RecogniserStage(
                config, settings, portraits(4, 1), portraits(6, 2), Beginning.nothing(Compute.CPU_FP32, 1))) {
            Map<String, Double> measured = learns(stage, 3e-3, 0.5);
            assertThat(measured.get("top1")).isBetween(0.0, 1.0);
            try (FaceRecogniser recogniser = FaceRecogniser.open(folder, Compute.CPU_FP32)) {
                assertEquals(16, recogniser.width());
                Picture face = stage.batch(0).faces().getFirst();
                assertThat(recogniser.embed(face)).hasSize(16);
            }
        }
    }

    /** The mean of the running statistics moves away from its first values and is written. */
    @Test
    void runningStatisticsAreLearnedAndWritten() {
        IResNetConfig config = new IResNetConfig(List.of(1, 1, 1, 1), List.of(4, 4, 4, 4), 8, 16, 0);
        var settings = new RecogniserStage.Settings(4, 0.3, 16, 1, 0, 0, 0);
        try (RecogniserStage stage = new RecogniserStage(
                        config, settings, portraits(2, 1), portraits(2, 2), Beginning.nothing(Compute.CPU_FP32, 1));
                Trainer<FaceBatch> trainer = new Trainer<>(stage, config(1, 1e-3));
                Scope scope = Scope.open()) {
            trainer.step(List.of(stage.batch(0)));
            stage.export(folder, trainer.result());
            try (TensorStore written = Checkpoint.open(folder)) {
                float[] mean = Ops.floats(written.get("bn1.running_mean"));
                float[] variance = Ops.floats(written.get("bn1.running_var"));
                assertThat(mean).doesNotContain(0f);
                assertThat(variance).doesNotContain(1f);
                assertThat(written.names()).contains("features.weight").noneMatch(name -> name.startsWith("people"));
            }
        }
    }

    @Test
    void aTowerLearnsAndIsWritten() {
        EvaConfig config = new EvaConfig(8, 32, 21, 16, 8, 2, 16, 16);
        var settings = new TowerStage.Settings(8, 16, 0.5, 2, 2, 0);
        try (TowerStage stage = new TowerStage(
                config, settings, portraits(4, 1), portraits(6, 2), Beginning.nothing(Compute.CPU_FP32, 1))) {
            learns(stage, 3e-3, 0.75);
            assertEquals(config, EvaConfig.read(folder.resolve("config.json")));
            try (TensorStore written = Checkpoint.open(folder);
                    Weights weights = Weights.of(written, Compute.CPU_FP32)) {
                Weights visual = EvaVisionTower.scope(weights);
                assertThat(new EvaVisionTower(visual, config).config().tokens()).isEqualTo(5);
                visual.verify();
            }
        }
    }

    @Test
    void aDetectorLearnsAndIsWritten() {
        var settings = new DetectorStage.Settings(4, 64, 30, 60, 7, 2, 0);
        CastSource clips = new CastSource(Split.TRAIN, 2, 1, new int[] {1}, 1, new ClipFormat(144, 96, 1, 8, 72));
        try (DetectorStage stage =
                new DetectorStage(KNOWN, settings, clips, clips, null, Beginning.nothing(Compute.CPU_FP32, 1))) {
            Map<String, Double> measured = learns(stage, 3e-3, 0.6);
            assertThat(measured).containsKeys("frame-recall", "enlarged-frame-recall", "photo-landmarks");
            assertEquals(KNOWN, DetectorConfig.read(folder.resolve("config.json")));
            try (TensorStore written = Checkpoint.open(folder);
                    Weights weights = Weights.of(written, Compute.CPU_FP32)) {
                RetinaFace network = new RetinaFace(weights, DetectorBackbone.MOBILE_025);
                weights.verify();
                network.detect(Picture.filled(64, 64, 9, 9, 9));
            }
        }
    }

    /** Where all is decoded, the pictures are the model's and the faces the clips'. */
    @Test
    void aDetectorSeesClipsAsAModelShowsThem() {
        var settings = new DetectorStage.Settings(4, 64, 20, 40, 7, 2, 0);
        CastSource clips = new CastSource(Split.TRAIN, 2, 5, new int[] {2}, 1, new ClipFormat(48, 32, 9, 8, 16));
        try (DetectorStage stage = new DetectorStage(
                KNOWN,
                settings,
                clips,
                clips,
                TinyDecoded.data(folder, clips, clips, 1),
                Beginning.nothing(Compute.CPU_FP32, 1))) {
            DetectorStage.Batch batch = stage.batch(0);
            assertThat(batch.name()).startsWith("decoded ");
            assertThat(batch.samples())
                    .hasSize(4)
                    .anySatisfy(sample -> assertThat(sample.faces()).isNotEmpty());
            assertThat(learns(stage, 3e-3, 0.8)).containsKeys("photo-recall", "decoded-frame-recall");
        }
    }

    /** Learns two batches again and again, until the loss is at most {@code share} of what it was. */
    private <B> Map<String, Double> learns(Stage<B> stage, double rate, double share) {
        try (Trainer<B> trainer = new Trainer<>(stage, config(STEPS, rate))) {
            List<B> batches = List.of(stage.batch(0), stage.batch(1));
            double first = 0;
            double last = 0;
            for (int i = 0; i < STEPS; i++) {
                double loss = trainer.step(List.of(batches.get(i % 2))).getOrDefault("loss", Double.NaN);
                first += i < 2 ? loss : 0;
                last += i >= STEPS - 2 ? loss : 0;
            }
            assertThat(last).isLessThan(share * first);
            stage.export(folder, trainer.result());
            return stage.validate(folder, STEPS, trainer.result());
        }
    }

    private static Portraits portraits(int people, long seed) {
        return new DrawnWorld().portraits(Split.TRAIN, people, seed);
    }

    private static TrainerConfig config(int steps, double rate) {
        return new TrainerConfig(
                1,
                "cpu",
                DType.FP32,
                steps,
                1,
                new LearningRate(rate, LearningRate.Schedule.CONSTANT, 3, 1),
                new AdamW.Settings(0.9, 0.99, 1e-8, 0, false, 10, AdamW.StateDevice.PARAMETERS),
                0,
                1,
                1000,
                1,
                0,
                0,
                0,
                1,
                1,
                1);
    }
}
