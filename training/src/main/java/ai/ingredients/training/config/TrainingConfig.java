package ai.ingredients.training.config;

import ai.ingredients.InvalidInputException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Configs of training runs: records read from YAML, with overrides, and written back with every value.
 *
 * <p>A config is a record of {@code int}, {@code long}, {@code double}, {@code boolean} (or their boxes), {@link String},
 * {@link Path}, enums, {@link List}s of these and nested records. Keys are the names of the components with hyphens
 * ({@code learningRate} is {@code learning-rate}), enum constants are in lower case with hyphens. What is
 * {@code @Nullable} may be left out or be {@code null}. Everything else that is left out keeps its default, from the
 * instance given or from the constant {@code DEFAULT} of the record; without one it must be there. The record's
 * constructor checks the values and throws {@link InvalidInputException}.
 *
 * <pre>{@code
 * FacesConfig config = TrainingConfig.read(Path.of("faces.yaml"), List.of("optimizer.learning-rate=1e-4"), FacesConfig.class);
 * Files.writeString(folder, TrainingConfig.toYaml(config));
 * }</pre>
 *
 * <p>Every error is an {@link InvalidInputException} of one line that names the file (or the override), the dotted key,
 * what was found and what was expected; for a key that does not exist, the nearest one that does.
 */
public final class TrainingConfig {
    private TrainingConfig() {}

    /**
     * Reads {@code yaml}, replaces what {@code overrides} say and makes the record.
     *
     * @param overrides {@code key=value} with a dotted key and a value in YAML, later ones win
     */
    public static <T extends Record> T read(Path yaml, List<String> overrides, Class<T> type) {
        return read(yaml, overrides, type, RecordBinder.defaultsOf(type));
    }

    /** As {@link #read(Path, List, Class)}; keys that are absent keep the value of {@code defaults}. */
    public static <T extends Record> T read(Path yaml, List<String> overrides, T defaults) {
        return read(yaml, overrides, typeOf(defaults), defaults);
    }

    /**
     * As {@link #read(Path, List, Record)}, with what a program changes between the file and the overrides: whoever writes
     * these has the last word.
     */
    public static <T extends Record> T read(Path yaml, List<String> overrides, T defaults, UnaryOperator<T> change) {
        T changed = change.apply(read(yaml, List.of(), defaults));
        return bind(JsonNodeFactory.instance.objectNode(), yaml.toString(), overrides, typeOf(changed), changed);
    }

    /** The defaults with {@code overrides}, without a file. */
    public static <T extends Record> T of(List<String> overrides, T defaults) {
        return bind(JsonNodeFactory.instance.objectNode(), "config", overrides, typeOf(defaults), defaults);
    }

    /** The record {@code tree} describes; keys that are absent keep the value of {@code defaults}. */
    public static <T extends Record> T bind(T defaults, JsonNode tree) {
        return bind(tree, "config", List.of(), typeOf(defaults), defaults);
    }

    private static <T extends Record> T read(Path yaml, List<String> overrides, Class<T> type, @Nullable T defaults) {
        return bind(YamlTree.read(yaml), yaml.toString(), overrides, type, defaults);
    }

    private static <T extends Record> T bind(
            JsonNode tree, String file, List<String> overrides, Class<T> type, @Nullable T defaults) {
        Map<String, String> overridden = new LinkedHashMap<>();
        JsonNode merged = tree;
        for (String override : overrides) {
            int equals = override.indexOf('=');
            String path = equals < 0 ? "" : override.substring(0, equals).strip();
            if (path.isEmpty() || path.startsWith(".") || path.endsWith(".") || path.contains("..")) {
                throw new InvalidInputException(
                        "override \"" + override + "\": expected key=value, such as optimizer.learning-rate=1e-4");
            }
            String source = "override " + override;
            JsonNode value = YamlTree.parse(override.substring(equals + 1), source);
            merged = with(merged, List.of(path.split("\\.")), value);
            overridden.put(path, source);
        }
        return new RecordBinder(path -> source(path, overridden, file)).record(merged, type, defaults, "");
    }

    /** {@code tree} with {@code value} at {@code path}; objects on the way are made where there are none. */
    private static JsonNode with(JsonNode tree, List<String> path, JsonNode value) {
        if (path.isEmpty()) {
            return value;
        }
        ObjectNode copy = tree instanceof ObjectNode object
                ? JsonNodeFactory.instance.objectNode().setAll(object)
                : JsonNodeFactory.instance.objectNode();
        JsonNode below = copy.has(path.getFirst()) ? copy.get(path.getFirst()) : NullNode.getInstance();
        copy.set(path.getFirst(), with(below, path.subList(1, path.size()), value));
        return copy;
    }

    /** The last override of {@code path} or of something around it, otherwise the file and all overrides below it. */
    private static String source(String path, Map<String, String> overridden, String file) {
        String around = null;
        StringBuilder below = new StringBuilder(file);
        for (var entry : overridden.entrySet()) {
            String key = entry.getKey();
            if (path.equals(key) || path.startsWith(key + ".") || path.startsWith(key + "[")) {
                around = entry.getValue();
            } else if (path.isEmpty() || key.startsWith(path + ".")) {
                below.append(" with ").append(entry.getValue());
            }
        }
        return around == null ? below.toString() : around;
    }

    /** {@code config} with {@code change} applied to every path, also in nested records; lists stay as they are. */
    public static <T extends Record> T withPaths(T config, UnaryOperator<Path> change) {
        return new RecordBinder(path -> "config").withPaths(config, change);
    }

    /** The whole config with every value; reading it gives an equal record. */
    public static String toYaml(Record config) {
        return YamlTree.write(tree(config));
    }

    /** The whole config as an object, in the order of the components. */
    public static ObjectNode tree(Record config) {
        return RecordBinder.tree(config);
    }

    /** Equal for equal configs, and only for those: SHA-256 in hex digits. */
    public static String fingerprint(Record config) {
        try {
            byte[] values = tree(config).toString().getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(values));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * A key whose value differs between two configs.
     *
     * @param key dotted
     * @param before the value in the first, one line
     * @param after the value in the second, one line
     */
    public record Difference(String key, String before, String after) {
        @Override
        public String toString() {
            return key + " was " + before + " and is " + after;
        }
    }

    /** Where {@code after} differs from {@code before}, in the order of the keys; lists count as one value. */
    public static <T extends Record> List<Difference> differences(T before, T after) {
        List<Difference> found = new ArrayList<>();
        compare(tree(before), tree(after), "", found);
        return List.copyOf(found);
    }

    private static void compare(
            @Nullable JsonNode before, @Nullable JsonNode after, String path, List<Difference> found) {
        if (before instanceof ObjectNode first && after instanceof ObjectNode second) {
            Set<String> keys = new LinkedHashSet<>();
            first.fieldNames().forEachRemaining(keys::add);
            second.fieldNames().forEachRemaining(keys::add);
            for (String key : keys) {
                compare(first.get(key), second.get(key), path.isEmpty() ? key : path + "." + key, found);
            }
        } else if (before == null || !before.equals(after)) {
            found.add(new Difference(path, shown(before), shown(after)));
        }
    }

    private static String shown(@Nullable JsonNode node) {
        return node == null ? "absent" : RecordBinder.shown(node);
    }

    @SuppressWarnings("unchecked") // the class of a T is a Class<T> as far as records go: they are final
    private static <T extends Record> Class<T> typeOf(T config) {
        return (Class<T>) config.getClass();
    }
}
