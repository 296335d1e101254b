package ai.ingredients.benchmarks;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Natives;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/**
 * Seconds for one denoising step of a transformer, beside the reference's output for the same inputs. Not a test: it
 * asserts nothing about time.
 *
 * <pre>
 * mvn -DskipTests package
 * java --enable-native-access=ALL-UNNAMED -cp "engine/target/classes:engine/target/test-classes:app/target/lib/*" \
 *     ai.ingredients.benchmarks.TransformerStep FOLDER [repetitions]
 * </pre>
 *
 * <p>FOLDER holds {@code config.json}, the weights and {@code case.safetensors} with {@code in_latents},
 * {@code in_text}, {@code in_timestep}, {@code in_rope_cos}, {@code in_rope_sin}, {@code in_id_cond_n},
 * {@code in_vit_hidden_n_k} and {@code out_sample}.
 */
public final class TransformerStep {
    private TransformerStep() {}

    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        int repetitions = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        TransformerConfig config = TransformerConfig.of(ConfigReader.of(folder.resolve("config.json")));
        try (TensorStore store = Checkpoint.open(folder);
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                VideoTransformer transformer = VideoTransformer.load(weights, config, Residency.RESIDENT);
                SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("case.safetensors"));
                Scope scope = Scope.inference()) {
            IdentityContext people = transformer.prepare(persons(inputs, "in_id_cond_%d"), hidden(inputs));
            RotaryEmbedding rotary = new RotaryEmbedding(inputs.get("in_rope_cos"), inputs.get("in_rope_sin"));
            for (int i = 0; i <= repetitions; i++) {
                long started = System.nanoTime();
                try (Scope step = Scope.inference()) {
                    Tensor sample = transformer
                            .forward(
                                    inputs.get("in_latents"),
                                    inputs.get("in_text"),
                                    inputs.get("in_timestep"),
                                    rotary,
                                    people,
                                    new Options(Routing.REFERENCE, 1.0))
                            .sample();
                    double seconds = (System.nanoTime() - started) / 1e9;
                    double error = Fixture.relativeError(inputs.get("out_sample"), sample);
                    System.out.printf(
                            Locale.ROOT,
                            "%s %.3f s, relative error to the reference %.1e (%s)%n",
                            i == 0 ? "first forward" : "forward",
                            seconds,
                            error,
                            Natives.blas());
                }
            }
        }
    }

    private static List<Tensor> hidden(SafetensorsFile inputs) {
        List<Tensor> scales = new ArrayList<>();
        for (int k = 0; inputs.names().contains("in_vit_hidden_0_" + k); k++) {
            scales.add(persons(inputs, "in_vit_hidden_%d_" + k));
        }
        return scales;
    }

    /** All persons' tensors of one kind as a batch. */
    private static Tensor persons(SafetensorsFile inputs, String pattern) {
        List<Tensor> persons = new ArrayList<>();
        for (int n = 0; inputs.names().contains(name(pattern, n)); n++) {
            persons.add(inputs.get(name(pattern, n)));
        }
        return Ops.cat(0, persons.toArray(Tensor[]::new));
    }

    private static String name(String pattern, int person) {
        return String.format(Locale.ROOT, pattern, person);
    }
}
