package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.training.config.TrainingConfig;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run's folder: started once, resumed with its own config, by one process. */
class RunFolderTest {
    record Inner(long steps, double rate) {}

    record Config(String data, Inner trainer) {}

    private static final Config CONFIG = new Config("clips", new Inner(10, 0.5));

    private static final String ANEW = ", which begins it anew";

    @TempDir
    Path parent;

    /** A run with a checkpoint. */
    private static void start(Path folder) {
        try (RunFolder run = RunFolder.create(folder, CONFIG)) {
            run.checkpoints(1).save(new Checkpoints.Content(1, Map.of(), JsonNodeFactory.instance.objectNode(), null));
        }
    }

    @Test
    void aRunWithoutACheckpointIsStartedAnew() {
        RunFolder.create(parent, CONFIG).close();
        assertFalse(RunFolder.holdsRun(parent));
        Config other = new Config("other", new Inner(1, 1));
        RunFolder.create(parent, other).close();
        assertEquals(other, TrainingConfig.read(parent.resolve("config.yaml"), List.of(), Config.class));
    }

    @Test
    void aRunIsStartedOnceAndKeepsItsConfig() {
        Path folder = parent.resolve("runs/faces");
        assertFalse(RunFolder.holdsRun(folder));
        try (RunFolder run = RunFolder.create(folder, CONFIG)) {
            assertEquals(CONFIG, TrainingConfig.read(run.config(), List.of(), Config.class));
            assertThat(run.curves()).isDirectory();
            assertThat(run.tensorboard()).isDirectory();
            assertThat(run.validation()).isDirectory();
            assertThat(run.checkpoints(1).steps()).isEmpty();
        }
        start(folder);
        assertTrue(RunFolder.holdsRun(folder));
        assertThatThrownBy(() -> RunFolder.create(folder, CONFIG))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("holds a run already; resume it");
    }

    @Test
    void aChangedConfigIsRefusedUnlessItMayChange() {
        start(parent);
        Set<String> mayChange = Set.of("trainer.steps");
        Config longer = new Config("clips", new Inner(20, 0.5));
        RunFolder.resume(parent, longer, mayChange).close();
        assertEquals(longer, TrainingConfig.read(parent.resolve("config.yaml"), List.of(), Config.class));
        assertThatThrownBy(() -> RunFolder.resume(parent, new Config("other", new Inner(30, 0.25)), mayChange))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("data was \"clips\" and is \"other\"; trainer.rate was 0.5 and is 0.25;")
                .hasMessageContaining("these may change: trainer.steps")
                .hasMessageNotContaining("trainer.steps was");
        RunFolder.resume(parent, new Config("clips", new Inner(30, 0.25)), Set.of("trainer"))
                .close();
    }

    @Test
    void thereMustBeARunToResume() {
        assertThatThrownBy(() -> RunFolder.resume(parent, CONFIG, Set.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("holds no run to resume");
    }

    /** Whoever starts it and whoever resumes it hears the same, and what they hear works. */
    @Test
    void aRunWithNothingButDamagedCheckpointsHasOneWayOn() throws IOException {
        start(parent);
        Path checkpoints = parent.resolve("checkpoints");
        Files.writeString(checkpoints.resolve("step-00000001/state.json"), "{");
        String way = "every checkpoint of this run is damaged (step-00000001: state.json is missing or damaged); "
                + "remove this folder and start the run without resuming";
        assertThatThrownBy(() -> RunFolder.create(parent, CONFIG)).hasMessage(checkpoints + ": " + way + ANEW);
        try (RunFolder run = RunFolder.resume(parent, CONFIG, Set.of())) {
            assertThatThrownBy(() -> run.checkpoints(1).find("latest"))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(checkpoints + ": " + way + ANEW);
        }
        AtomicFolder.remove(checkpoints);
        RunFolder.create(parent, CONFIG).close();
    }

    @Test
    void oneProcessTrainsAtATime() {
        start(parent);
        try (RunFolder run = RunFolder.resume(parent, CONFIG, Set.of())) {
            assertThatThrownBy(() -> RunFolder.resume(parent, CONFIG, Set.of()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("another process is training there");
            assertEquals(parent, run.path());
        }
        RunFolder.resume(parent, CONFIG, Set.of()).close();
    }

    @Test
    void leftoversOfAKilledRunGo() throws IOException {
        start(parent);
        Files.writeString(parent.resolve(".metrics.jsonl.12ab.part.jsonl"), "half a l");
        RunFolder.resume(parent, CONFIG, Set.of()).close();
        assertThat(parent.toFile().list()).containsExactlyInAnyOrder("config.yaml", ".lock", "checkpoints");
    }
}
