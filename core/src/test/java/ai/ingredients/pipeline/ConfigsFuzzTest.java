package ai.ingredients.pipeline;

import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.face.EvaConfig;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.Fuzz;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;

/** Whatever the config of a component says: the model of its weights is built, or it is refused in one line. */
class ConfigsFuzzTest {
    /** Opened once: their headers are no part of what is tried. */
    private static final Map<String, TensorStore> STORES = new ConcurrentHashMap<>();

    @AfterAll
    static void close() {
        STORES.values().forEach(TensorStore::close);
        STORES.clear();
    }

    private static void build(String component, byte[] json, Consumer<Built> build) {
        TensorStore store = STORES.computeIfAbsent(
                component, name -> Checkpoint.open(Fixture.bundle().resolve(name)));
        Fuzz.file("config.json", json, file -> {
            try (Scope scope = Scope.inference();
                    Weights weights = Weights.of(store, Compute.CPU_FP32)) {
                build.accept(new Built(ConfigReader.of(file), weights));
            }
        });
    }

    private record Built(ConfigReader config, Weights weights) {}

    @FuzzTest(maxDuration = "1m")
    void transformer(byte[] json) {
        build("transformer", json, built -> {
            TransformerConfig config = TransformerConfig.of(built.config());
            VideoTransformer.load(built.weights(), config, Residency.STREAMED).close();
        });
    }

    @FuzzTest(maxDuration = "1m")
    void vae(byte[] json) {
        build("vae", json, built -> {
            Objects.requireNonNull(VideoVae.load(built.weights(), VaeConfig.of(built.config())));
            built.weights().verify();
        });
    }

    @FuzzTest(maxDuration = "1m")
    void textEncoder(byte[] json) {
        build("text_encoder", json, built -> {
            var unused = new T5Encoder(T5Config.of(built.config()), built.weights(), Residency.RESIDENT);
            built.weights().verify();
        });
    }

    @FuzzTest(maxDuration = "1m")
    void others(byte[] json) {
        Fuzz.file(SamplingDefaults.FILE, json, file -> {
            Path folder = Fuzz.folder(file);
            Fuzz.refused(() -> SchedulerConfig.of(ConfigReader.of(file)));
            Fuzz.refused(() -> SamplingDefaults.of(folder));
            Fuzz.refused(() -> EvaConfig.read(file).tokens());
            Fuzz.refused(() -> IResNetConfig.read(file));
        });
    }

    /** What a model's folder knows of its speed and its colours. */
    @FuzzTest(maxDuration = "1m")
    void calibrations(byte[] json) {
        Fuzz.file("calibration.json", json, file -> {
            Fuzz.refused(() -> MagnitudeRatios.read(file));
            Fuzz.refused(() -> TeaPolynomial.read(file));
            Fuzz.refused(() -> LatentColours.read(file));
        });
    }
}
