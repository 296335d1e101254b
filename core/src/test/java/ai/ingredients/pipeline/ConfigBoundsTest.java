package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.EvaConfig;
import ai.ingredients.face.EvaVisionTower;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Sizes that no weights have: refused before anything of them is built, where they took minutes or all memory. */
class ConfigBoundsTest {
    private static final Path CASES = Path.of("src/test/resources/cases/config");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LONGEST = Duration.ofSeconds(60);

    @TempDir
    Path model;

    private Path bundleWith(String component, JsonNode config) throws IOException {
        Path from = Fixture.bundle();
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path to = model.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else if (!Files.exists(to)) {
                    Files.createSymbolicLink(to, file.toAbsolutePath());
                }
            }
        }
        Path replaced = model.resolve(component);
        Files.delete(replaced);
        JSON.writeValue(replaced.toFile(), config);
        return model;
    }

    /** Opens the bundle and every model of it. */
    private static void load(Path folder) {
        try (Scope scope = Scope.inference()) {
            ModelBundle bundle = ModelBundle.open(folder);
            for (Residency residency : Residency.values()) {
                bundle.loadTextEncoder(loading(residency)).close();
                bundle.loadTransformer(loading(residency)).close();
            }
            bundle.loadVae(loading(Residency.RESIDENT)).close();
        }
    }

    private static void refused(Path folder) {
        assertTimeoutPreemptively(
                LONGEST, () -> assertThatThrownBy(() -> load(folder)).isInstanceOf(InvalidInputException.class));
    }

    @ParameterizedTest
    @CsvSource({
        "vae/config.json, vae-layers_per_block",
        "text_encoder/config.json, t5-num_layers",
        "transformer/config.json, transformer-patch_size"
    })
    void theCasesAreRefused(String component, String name) throws IOException {
        refused(bundleWith(
                component, JSON.readTree(CASES.resolve(name + ".json").toFile())));
    }

    @ParameterizedTest
    @CsvSource({"eva-layers", "eva-image_size"})
    void theTowersCasesAreRefused(String name) throws IOException {
        Path weights = Fixture.bundle().resolve("face_encoder/clip_vision");
        assertTimeoutPreemptively(
                LONGEST,
                () -> assertThatThrownBy(() -> {
                            EvaConfig config = EvaConfig.read(CASES.resolve(name + ".json"));
                            try (TensorStore store = Checkpoint.open(weights);
                                    Weights all = Weights.of(store, Compute.CPU_FP32)) {
                                new EvaVisionTower(EvaVisionTower.scope(all), config);
                                all.verify();
                            }
                        })
                        .isInstanceOf(InvalidInputException.class));
    }

    static List<String> numbers() throws IOException {
        List<String> keys = new ArrayList<>();
        for (String component : List.of("transformer", "vae", "text_encoder", "scheduler")) {
            String file = component + (component.equals("scheduler") ? "/scheduler_config.json" : "/config.json");
            JsonNode config = JSON.readTree(Fixture.bundle().resolve(file).toFile());
            for (var entry : config.properties()) {
                if (entry.getValue().isNumber() || entry.getValue().path(0).isNumber()) {
                    keys.add(file + " " + entry.getKey());
                }
            }
        }
        return keys;
    }

    /** Every number of every config in turn: what is not used may be anything, all else is refused in one line. */
    @ParameterizedTest
    @MethodSource("numbers")
    void noNumberDoesHarm(String key) throws IOException {
        String file = key.substring(0, key.indexOf(' '));
        String name = key.substring(key.indexOf(' ') + 1);
        for (long value : new long[] {Integer.MAX_VALUE, 1L << 30, -1, 0, 1 << 20}) {
            ObjectNode config =
                    (ObjectNode) JSON.readTree(Fixture.bundle().resolve(file).toFile());
            if (config.path(name).isArray()) {
                config.putArray(name).add(value).add(value).add(value).add(value);
            } else {
                config.put(name, value);
            }
            Path folder = bundleWith(file, config);
            assertTimeoutPreemptively(LONGEST, () -> {
                try {
                    load(folder);
                } catch (InvalidInputException e) {
                    return; // as it should be
                }
            });
        }
    }

    @Test
    void theBundleItselfIsFine() throws IOException {
        load(Fixture.bundle());
    }

    private static ModelBundle.Loading loading(Residency residency) {
        return new ModelBundle.Loading(Compute.CPU_FP32, residency, GenerationListener.NONE);
    }
}
