package ai.ingredients.training.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.training.config.TrainingConfig;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecoderTrainingTest {
    @Test
    void onlyTheClipsThatTheStepsDrawAreEncoded() {
        DecoderTraining training = TrainingConfig.of(
                List.of("training.steps=2", "training.prefetch=1", "decoder.batch=4", "data.clips=20000"),
                DecoderTraining.defaults(Path.of("bundle")));

        assertThat(training.learned().size()).isBetween(12L, 16L);
        assertThat(training.seen().size()).isEqualTo(DecoderStage.VALIDATION_CLIPS);
    }
}
