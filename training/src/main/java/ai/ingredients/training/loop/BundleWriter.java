package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import ai.ingredients.pipeline.SamplingDefaults;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Puts trained components together as one model folder in official layout, which the command line and the official Python
 * code load.
 */
public final class BundleWriter {
    private static final Map<String, List<String>> CLASSES = classes();

    private BundleWriter() {}

    private static Map<String, List<String>> classes() {
        Map<String, List<String>> classes = new LinkedHashMap<>();
        classes.put("scheduler", List.of("diffusers", "CogVideoXDPMScheduler"));
        classes.put("text_encoder", List.of("transformers", "T5EncoderModel"));
        classes.put("tokenizer", List.of("transformers", "T5Tokenizer"));
        classes.put("transformer", List.of("models.transformer_ingredients", "IngredientsTransformer3DModel"));
        classes.put("vae", List.of("diffusers", "AutoencoderKLCogVideoX"));
        return classes;
    }

    /**
     * Writes {@code target}, replacing what is there only once everything is written.
     *
     * @param components folder of each component by its path in the bundle, such as {@code vae} or
     *     {@code face_encoder/detection}
     * @param scheduler a {@code scheduler_config.json}
     * @param sampling a {@code generation_config.json}; null for none
     * @param dtype in which weights are stored; null as they are
     */
    public static void write(
            Path target, Map<String, Path> components, Path scheduler, @Nullable Path sampling, @Nullable DType dtype) {
        try (AtomicFolder folder = AtomicFolder.create(target)) {
            ObjectNode index = JsonNodeFactory.instance.objectNode();
            index.put("_class_name", "IngredientsPipeline");
            index.put("_diffusers_version", "0.32.0");
            CLASSES.forEach((component, names) -> {
                if (component.equals("scheduler") || components.containsKey(component)) {
                    index.putArray(component).add(names.get(0)).add(names.get(1));
                }
            });
            JsonFile.write(folder.path().resolve("model_index.json"), index);
            Path schedulers = Files.createDirectories(folder.path().resolve("scheduler"));
            Files.copy(scheduler, schedulers.resolve("scheduler_config.json"));
            if (sampling != null) {
                Files.copy(sampling, folder.path().resolve(SamplingDefaults.FILE));
            }
            for (var component : components.entrySet()) {
                copy(component.getValue(), folder.path().resolve(component.getKey()), dtype);
            }
            folder.commit();
        } catch (IOException e) {
            throw new OperationFailedException(target + ": could not be written (" + IoReason.of(e) + ")", e);
        }
    }

    /** Copies the files of a component, with weights in {@code dtype}. */
    private static void copy(Path from, Path to, @Nullable DType dtype) throws IOException {
        if (!Files.isDirectory(from)) {
            throw new InvalidInputException(from + ": there is no such component; train it first");
        }
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.sorted().toList()) {
                Path copy = to.resolve(String.valueOf(file.getFileName()));
                if (Files.isDirectory(file)) {
                    copy(file, copy, dtype);
                } else if (dtype != null && file.toString().endsWith(".safetensors")) {
                    convert(file, copy, dtype);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    private static void convert(Path from, Path to, DType dtype) {
        try (Scope scope = Scope.inference();
                SafetensorsFile file = SafetensorsFile.open(from)) {
            Map<String, Tensor> converted = new LinkedHashMap<>();
            for (String name : file.names()) {
                Tensor stored = file.get(name);
                converted.put(name, DType.of(stored).computes() ? stored.to(dtype.scalarType()) : stored);
            }
            SafetensorsWriter.write(to, converted, Map.of());
        }
    }
}
