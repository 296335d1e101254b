package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights of a checkpoint can be left out by name, so that they begin from nothing. */
class BeginningTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() {
        file = folder.resolve("start.safetensors");
        try (Scope scope = Scope.open()) {
            SafetensorsWriter.write(
                    file,
                    Map.of("router.to_q", Ops.tensor(new float[] {1}, 1), "proj", Ops.tensor(new float[] {2}, 1)),
                    Map.of());
        }
    }

    @Test
    void whatIsNamedBeginsFromNothingAndTheRestDoesNot() {
        try (TensorStore start = begun("router\\..*")) {
            assertThat(start.names()).containsExactly("proj");
        }
        try (TensorStore start = begun()) {
            assertThat(start.names()).containsExactlyInAnyOrder("proj", "router.to_q");
        }
    }

    @Test
    void whatMatchesNothingIsRefused() {
        assertThatThrownBy(() -> begun("router"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("begin-anew: router matches none of the 2 tensors of " + file);
        assertThatThrownBy(() -> begun("router(").close())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("router( is no regular expression (Unclosed group)");
    }

    private TensorStore begun(String... anew) {
        return Beginning.of(file, List.of(anew), TrainerConfig.DEFAULT).start();
    }
}
