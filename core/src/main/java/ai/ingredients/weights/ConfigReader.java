package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Typed values of a {@code config.json}. A key that is absent or null has its default; a value of another type is an
 * error that names file, key, what was found and what was expected.
 *
 * @param json the object read
 * @param source the file it came from, for messages
 */
public record ConfigReader(JsonNode json, String source) {
    /**
     * Reads {@code file}.
     *
     * @throws InvalidInputException when it is missing or holds no JSON object
     */
    public static ConfigReader of(Path file) {
        return new ConfigReader(JsonFile.read(file), file.toString());
    }

    /** Whether {@code key} is there and not null. */
    public boolean has(String key) {
        return json.hasNonNull(key);
    }

    /** The whole number {@code key}; 16.0 counts as 16. */
    public int integer(String key) {
        return read(required(key), key, "a whole number", ConfigReader::isInt, JsonNode::intValue);
    }

    /** The whole number {@code key}, or {@code fallback}. */
    public int integer(String key, int fallback) {
        return has(key) ? integer(key) : fallback;
    }

    /** The number {@code key}. */
    public double number(String key) {
        return read(required(key), key, "a number", JsonNode::isNumber, JsonNode::doubleValue);
    }

    /** The number {@code key}, or {@code fallback}. */
    public double number(String key, double fallback) {
        return has(key) ? number(key) : fallback;
    }

    /** The truth value {@code key}. */
    public boolean flag(String key) {
        return read(required(key), key, "true or false", JsonNode::isBoolean, JsonNode::booleanValue);
    }

    /** The truth value {@code key}, or {@code fallback}. */
    public boolean flag(String key, boolean fallback) {
        return has(key) ? flag(key) : fallback;
    }

    /** The text {@code key}. */
    public String text(String key) {
        return read(required(key), key, "a text", JsonNode::isTextual, JsonNode::textValue);
    }

    /** The text {@code key}, or {@code fallback}. */
    public String text(String key, String fallback) {
        return has(key) ? text(key) : fallback;
    }

    /** The list of whole numbers {@code key}, or {@code fallback}. */
    public List<Integer> integers(String key, List<Integer> fallback) {
        return has(key) ? list(key, "a list of whole numbers", ConfigReader::isInt, JsonNode::intValue) : fallback;
    }

    /** The list of numbers {@code key}, or {@code fallback}. */
    public List<Double> numbers(String key, List<Double> fallback) {
        return has(key) ? list(key, "a list of numbers", JsonNode::isNumber, JsonNode::doubleValue) : fallback;
    }

    /** The list of texts {@code key}, or {@code fallback}. */
    public List<String> texts(String key, List<String> fallback) {
        return has(key) ? list(key, "a list of texts", JsonNode::isTextual, JsonNode::textValue) : fallback;
    }

    /** The object {@code key}, read the same way. */
    public ConfigReader section(String key) {
        JsonNode found = read(required(key), key, "an object", JsonNode::isObject, Function.identity());
        return new ConfigReader(found, source + ", " + key);
    }

    /** One of an enum's values by its lower-case name {@code key}, or {@code fallback}. */
    public <E extends Enum<E>> E choice(String key, E fallback) {
        if (!has(key)) {
            return fallback;
        }
        String found = text(key);
        List<String> known = new ArrayList<>();
        for (E value : fallback.getDeclaringClass().getEnumConstants()) {
            String name = value.name().toLowerCase(Locale.ROOT);
            if (name.equals(found)) {
                return value;
            }
            known.add(name);
        }
        throw wrong(key, json.get(key), "one of " + String.join(", ", known));
    }

    /** What {@code build} makes of these values; when it refuses them, the message names the file first. */
    public <T> T build(Supplier<T> build) {
        try {
            return build.get();
        } catch (InvalidInputException e) {
            boolean named = e.getMessage().startsWith(source);
            throw named ? e : new InvalidInputException(source + ": " + e.getMessage(), e);
        }
    }

    private static boolean isInt(JsonNode value) {
        return value.isNumber() && value.canConvertToExactIntegral() && value.canConvertToInt();
    }

    private JsonNode required(String key) {
        if (!has(key)) {
            throw new InvalidInputException(source + ": has no \"" + key + "\"; check that the file belongs here");
        }
        return json.get(key);
    }

    private <T> List<T> list(String key, String expected, Predicate<JsonNode> fits, Function<JsonNode, T> get) {
        JsonNode found = required(key);
        if (!found.isArray()) {
            throw wrong(key, found, expected);
        }
        List<T> values = new ArrayList<>();
        found.forEach(element -> values.add(read(element, key, expected, fits, get)));
        return List.copyOf(values);
    }

    private <T> T read(
            JsonNode found, String key, String expected, Predicate<JsonNode> fits, Function<JsonNode, T> get) {
        if (!fits.test(found)) {
            throw wrong(key, found, expected);
        }
        return get.apply(found);
    }

    private InvalidInputException wrong(String key, JsonNode found, String expected) {
        String text = found.toString();
        String shown = text.length() > 60 ? text.substring(0, 57) + "..." : text;
        return new InvalidInputException(source + ": \"" + key + "\" is " + shown + ", expected " + expected);
    }
}
