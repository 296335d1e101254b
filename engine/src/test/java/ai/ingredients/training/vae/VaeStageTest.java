package ai.ingredients.training.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.Split;
import ai.ingredients.io.JsonFile;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.training.Trainer;
import ai.ingredients.training.TrainerConfig;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaeStageTest {
    private static final Path BEGINNING = Fixture.bundle().resolve("vae");
    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, 4, 5, new int[] {1}, 1, new CastSource.Format(48, 32, 9, 8, 16));

    /** What a transformer was trained on must not move, not even by the rounding of the precision it computes in. */
    @Test
    void aDecoderAloneLearnsAndTheEncoderStaysBitForBit(@TempDir Path folder) {
        try (TensorStore begun = Checkpoint.open(BEGINNING);
                VaeStage stage = stage(settings(0.5, true, 0), begun, new Compute("cpu", DType.BF16));
                Trainer<VaeStage.Batch> trainer = new Trainer<>(stage, TrainerConfig.DEFAULT)) {
            for (long step = 0; step < 3; step++) {
                assertThat(trainer.step(List.of(stage.batch(step))).get("loss")).isFinite();
            }
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
        }
    }

    /** With more noise the same decoder is further from the truth; without, it is as it was. */
    @Test
    void noiseOnTheLatentsRaisesTheLoss() {
        try (TensorStore begun = Checkpoint.open(BEGINNING)) {
            double without = loss(settings(0, false, 0), begun);
            assertThat(loss(settings(0, true, 0), begun)).isEqualTo(without);
            assertThat(loss(settings(1.5, true, 0), begun)).isGreaterThan(without);
        }
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> settings(-0.1, false, 0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("latent-noise is -0.1");
        assertThatThrownBy(() -> settings(0, true, 0.75))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("even-latents is 0.75 with decoder-only");
        TensorStore nothing = TensorStore.of(Map.of(), "nothing");
        assertThatThrownBy(() -> stage(settings(0, true, 0), nothing, Compute.CPU_FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("there is no start");
    }

    private static double loss(VaeStage.Settings settings, TensorStore begun) {
        try (VaeStage stage = stage(settings, begun, Compute.CPU_FP32);
                Scope scope = Scope.inference();
                Noise noise = new Noise(1)) {
            Tensor total = stage.losses(stage.batch(0), 0, noise).total();
            return Ops.floats(total.reshape(1))[0];
        }
    }

    private static VaeStage.Settings settings(double latentNoise, boolean decoderOnly, double evenLatents) {
        return new VaeStage.Settings(2, 9, 2, 0, 0.5, 0.5, 16, 24, 3e-4, 0.5, 2, evenLatents, latentNoise, decoderOnly);
    }

    private static VaeStage stage(VaeStage.Settings settings, TensorStore start, Compute compute) {
        return new VaeStage(
                JsonFile.read(BEGINNING.resolve("config.json")), settings, SOURCE, SOURCE, start, compute, 3);
    }
}
