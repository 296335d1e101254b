package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipSource;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionTraining;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that takes few clips does not have thousands encoded first; one that takes all has all. */
class FirstClipsTest {
    /** Clips of one, two, two and three people in turn, which nobody may look into. */
    private record Mixed(long size) implements ClipSource {
        @Override
        public String name() {
            return "mixed";
        }

        @Override
        public int people(long index) {
            return List.of(1, 2, 2, 3).get((int) (index % 4));
        }

        @Override
        public Clip clip(long index) {
            throw new AssertionError("clip " + index + " was made");
        }
    }

    private static TrainerConfig training(long steps, int accumulation) {
        return TrainingConfig.of(
                        List.of(
                                "training.steps=" + steps,
                                "training.accumulation=" + accumulation,
                                "training.prefetch=1"),
                        DiffusionTraining.defaults(DiffusionSettings.FACES, Path.of("bundle"), Path.of("model.json")))
                .training();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 8, true", "1, 1, 8, false", "10, 2, 4, true", "3, 4, 5, true", "200, 1, 4, false"})
    void aShortRunNeverComesRoundToAClipAgain(long steps, int accumulation, int batch, boolean people) {
        ClipSource all = new Mixed(20_000);

        ClipSource needed = FirstClips.needed(all, training(steps, accumulation), batch, people);

        assertThat(needed.name()).isEqualTo("mixed");
        assertThat(needed.size()).isLessThan(2 * (steps * accumulation + 1) * batch + 8L * batch);
        BatchPlan plan = BatchPlan.of(needed.size(), people ? needed::people : clip -> 0, batch, 1);
        List<Long> taken = new ArrayList<>();
        for (long number = 0; number < steps * accumulation; number++) {
            taken.addAll(plan.batch(number).samples());
        }
        assertThat(new HashSet<>(taken)).hasSize(taken.size()).hasSize((int) (steps * accumulation * batch));
    }

    @ParameterizedTest
    @CsvSource({"1000, true", "1000, false", "1, true"})
    void aLongRunTakesAll(long steps, boolean people) {
        ClipSource few = new Mixed(6);

        assertThat(FirstClips.needed(few, training(steps, 1), 8, people)).isEqualTo(few);
    }
}
