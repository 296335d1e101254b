package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A model in diffusers' layout: {@code model_index.json} and one folder per component with its configuration and weights.
 *
 * @param root the folder
 * @param modelIndex the content of {@code model_index.json}
 * @param variant of the weights, such as {@code fp16}; empty for the plain ones. A component that has no such variant is
 *     read as it is, as diffusers does
 */
public record ModelFolder(Path root, JsonNode modelIndex, String variant) {
    /** The transformer when nobody chooses another one. */
    public static final String TRANSFORMER = "transformer";
    /** Moving average of the trained transformer, in folders that keep both. */
    public static final String TRANSFORMER_EMA = "transformer_ema";

    private static final String INDEX = "model_index.json";
    private static final List<String> CONFIGS =
            List.of("config.json", "scheduler_config.json", "tokenizer_config.json", "preprocessor_config.json");

    /**
     * Opens {@code root}; reads {@code model_index.json} only.
     *
     * @throws InvalidInputException when the folder or its index is missing or damaged
     */
    public static ModelFolder open(Path root) {
        return open(root, "");
    }

    /**
     * As {@link #open(Path)}, for the weights of a variant.
     *
     * @param variant such as {@code fp16}; empty for the plain weights
     * @throws InvalidInputException also when no component has this variant
     */
    public static ModelFolder open(Path root, String variant) {
        Checkpoint.checkVariant(variant);
        if (!Files.isDirectory(root)) {
            String what = Files.exists(root) ? "is a file, expected a model folder" : "there is no such folder";
            throw new InvalidInputException(
                    root + ": " + what + " with a model_index.json; check the path or download " + "the model");
        }
        Path index = root.resolve(INDEX);
        if (!Files.exists(index)) {
            List<String> below = modelsBelow(root);
            String hint = below.isEmpty() ? "" : "; did you mean " + String.join(" or ", below) + "?";
            throw new InvalidInputException(
                    root + ": has no model_index.json, so it is no model in diffusers' layout" + hint);
        }
        ModelFolder folder = new ModelFolder(root, JsonFile.read(index), variant);
        folder.checkHasVariant();
        return folder;
    }

    private void checkHasVariant() {
        SortedSet<String> found = new TreeSet<>();
        for (String component : childFolders(root)) {
            found.addAll(Checkpoint.variants(root.resolve(component)));
        }
        if (!variant.isEmpty() && !found.contains(variant)) {
            throw new InvalidInputException(root + ": no component has weights of the variant " + variant
                    + (found.isEmpty() ? "; leave `variant` out" : "; there is " + String.join(", ", found)));
        }
    }

    private static List<String> childFolders(Path root) {
        try (Stream<Path> children = Files.list(root)) {
            return children.filter(Files::isDirectory)
                    .map(child -> String.valueOf(child.getFileName()))
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(root + ": cannot be listed (" + IoReason.of(e) + ")", e);
        } catch (UncheckedIOException e) {
            throw new InvalidInputException(root + ": cannot be listed (" + e.getMessage() + ")", e);
        }
    }

    private static List<String> modelsBelow(Path root) {
        try (Stream<Path> children = Files.list(root)) {
            return children.filter(child -> Files.exists(child.resolve(INDEX)))
                    .map(Path::toString)
                    .sorted()
                    .limit(3)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(); // only a hint is lost
        }
    }

    /** The pipeline's class in Python, for instance {@code CogVideoXImageToVideoPipeline}; empty when not said. */
    public String className() {
        return modelIndex.path("_class_name").asText("");
    }

    /** The class of {@code component} that the index names, for instance {@code T5EncoderModel}; empty when not said. */
    public String className(String component) {
        return modelIndex.path(component).path(1).asText("");
    }

    /** Components the index names and does not leave empty, in its order. */
    public List<String> components() {
        List<String> names = new ArrayList<>();
        for (var entry : modelIndex.properties()) {
            if (entry.getValue().isArray() && entry.getValue().path(1).isTextual()) {
                names.add(entry.getKey());
            }
        }
        return names;
    }

    /** Whether there is a folder {@code component}. */
    public boolean has(String component) {
        return ForeignPath.possible(component) && Files.isDirectory(root.resolve(component));
    }

    /**
     * The folder of {@code component}.
     *
     * @throws InvalidInputException when it is missing, saying what is there
     */
    public Path component(String component) {
        if (!has(component)) {
            List<String> present = components().stream().filter(this::has).toList();
            throw new InvalidInputException(root + ": has no folder " + component + " (found: "
                    + (present.isEmpty() ? "no component" : String.join(", ", present))
                    + "); download the complete model");
        }
        return root.resolve(component);
    }

    /** {@code transformer} where there is one, otherwise {@code transformer_ema}; for use with the methods below. */
    public String transformer() {
        return !has(TRANSFORMER) && has(TRANSFORMER_EMA) ? TRANSFORMER_EMA : TRANSFORMER;
    }

    /**
     * The configuration of {@code component}: its {@code config.json}, or that of a scheduler, tokenizer or
     * preprocessor.
     *
     * @throws InvalidInputException when the component or the file is missing or damaged
     */
    public ConfigReader config(String component) {
        Path folder = component(component);
        for (String name : CONFIGS) {
            if (Files.exists(folder.resolve(name))) {
                return ConfigReader.of(folder.resolve(name));
            }
        }
        throw new InvalidInputException(folder + ": has no config.json; download the complete model");
    }

    /**
     * The weights of {@code component}, opened as {@link Checkpoint#open(Path)}; the caller closes them.
     *
     * @throws InvalidInputException when the component or its weights are missing or damaged
     */
    public TensorStore weights(String component) {
        return Checkpoint.openVariantOrPlain(component(component), variant);
    }

    /**
     * The identity of the weights of {@code components} for recipes, see {@link Fingerprint}: the same files give the same
     * text wherever the folder lies, but another one for another variant.
     *
     * @throws InvalidInputException when one is missing or unreadable
     */
    public String weightsFingerprint(List<String> components) {
        List<String> parts = new ArrayList<>();
        for (String name : components) {
            parts.add(name);
            parts.add(Fingerprint.of(component(name)));
        }
        if (!variant.isEmpty()) {
            parts.add(variant); // a folder may hold several
        }
        return Fingerprint.combined(parts);
    }
}
