package ai.ingredients.weights.lora;

import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.Fuzz;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Whatever a file of adapters holds, or the config beside it: they are added, or refused in one line. */
class LoraFuzzTest {
    private static void addAll(Path file) {
        try (Scope scope = Scope.inference();
                TensorStore base = Checkpoint.open(Fixture.path("cogvideox_tiny_5b/transformer"));
                LoraAdapters adapters = LoraAdapters.open(List.of(new Lora(file)), base)) {
            for (String name : adapters.names()) {
                Fuzz.refused(() -> adapters.over(base, LoraMode.MERGED).get(name));
                Fuzz.refused(() -> adapters.over(base, LoraMode.SIDE_BY_SIDE).beside(name));
            }
        }
    }

    @FuzzTest(maxDuration = "1m")
    void adapters(byte[] file) {
        Fuzz.file("style.safetensors", file, LoraFuzzTest::addAll);
    }

    @FuzzTest(maxDuration = "1m")
    void peftConfig(byte[] json) {
        Fuzz.file("adapter_config.json", json, config -> {
            Path adapters = config.resolveSibling("adapter_model.safetensors");
            try {
                Files.copy(
                        Fixture.path("lora/peft/adapter_model.safetensors"),
                        adapters,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            addAll(Fuzz.folder(config));
        });
    }
}
