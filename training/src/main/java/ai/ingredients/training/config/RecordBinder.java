package ai.ingredients.training.config;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.Spelling;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of trees and trees of records, see {@link TrainingConfig}.
 *
 * @param sourceOf where the value at a dotted path was written, for messages
 */
record RecordBinder(Function<String, String> sourceOf) {
    private static final int LONGEST_SHOWN = 60;
    private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9][0-9_]*");
    private static final Pattern NUMBER = Pattern.compile("[-+]?([0-9][0-9_]*)?\\.?[0-9]+\\.?([eE][-+]?[0-9]{1,3})?");

    /** What stands for a value that is not there and has no default. */
    private static final class Missing {
        static final Missing VALUE = new Missing();
    }

    /**
     * The record {@code tree} describes; keys that are absent keep the value of {@code defaults}.
     *
     * @param defaults null when every key that is not nullable must be there
     */
    <T> T record(JsonNode tree, Class<T> type, @Nullable T defaults, String path) {
        if (!tree.isObject()) {
            throw wrong(path, tree, "keys and values");
        }
        RecordComponent[] components = type.getRecordComponents();
        Map<String, RecordComponent> known = new LinkedHashMap<>();
        for (RecordComponent component : components) {
            known.put(key(component), component);
        }
        refuseUnknown(tree, path, List.copyOf(known.keySet()));
        List<@Nullable Object> values = new ArrayList<>();
        known.forEach((key, component) -> {
            Object fallback = defaults == null ? standIn(component) : get(component, defaults);
            values.add(component(tree.get(key), component, fallback, join(path, key)));
        });
        return construct(type, components, values.toArray(), path);
    }

    private @Nullable Object component(
            @Nullable JsonNode node, RecordComponent component, @Nullable Object fallback, String path) {
        if (node == null) {
            if (fallback == Missing.VALUE) {
                throw at(path, "is missing; it has no default");
            }
            return fallback;
        }
        boolean nullable = nullable(component);
        if (node.isNull() && !nullable && component.getType().isRecord() && fallback != Missing.VALUE) {
            return fallback; // a section whose lines are all commented out
        }
        if (node.isNull() && nullable) {
            return null;
        }
        return value(node, component.getAnnotatedType(), fallback == Missing.VALUE ? null : fallback, path);
    }

    private Object value(JsonNode node, AnnotatedType annotated, @Nullable Object fallback, String path) {
        Type type = annotated.getType();
        if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            return list(node, ((AnnotatedParameterizedType) annotated).getAnnotatedActualTypeArguments()[0], path);
        }
        if (!(type instanceof Class<?> plain)) {
            throw new IllegalArgumentException("a config cannot hold " + type);
        }
        if (plain.isRecord()) {
            return nested(node, plain, fallback, path);
        }
        return scalar(node, plain, path);
    }

    private <T> T nested(JsonNode node, Class<T> type, @Nullable Object fallback, String path) {
        return record(node, type, fallback == null ? defaultsOf(type) : type.cast(fallback), path);
    }

    private List<Object> list(JsonNode node, AnnotatedType element, String path) {
        if (!node.isArray()) {
            throw wrong(path, node, "a list such as [a, b]");
        }
        List<Object> values = new ArrayList<>();
        for (JsonNode item : node) {
            values.add(value(item, element, null, path + "[" + values.size() + "]"));
        }
        return List.copyOf(values);
    }

    private Object scalar(JsonNode node, Class<?> type, String path) {
        String text = node.isValueNode() && !node.isNull() ? node.asText() : null;
        if (type == int.class || type == Integer.class) {
            return Math.toIntExact(whole(node, text, Integer.MIN_VALUE, Integer.MAX_VALUE, path));
        } else if ((type == long.class || type == Long.class) && isSeed(path)) {
            return seed(node, text, path);
        } else if (type == long.class || type == Long.class) {
            return whole(node, text, Long.MIN_VALUE, Long.MAX_VALUE, path);
        } else if (type == double.class || type == Double.class) {
            return number(node, text, path);
        } else if (type == boolean.class || type == Boolean.class) {
            return flag(node, text, path);
        } else if (type.isEnum()) {
            return choice(node, text, type, path);
        } else if (type == String.class) {
            return text(node, text, path);
        } else if (type == Path.class) {
            return path(node, text, path);
        }
        throw new IllegalArgumentException("a config cannot hold " + type);
    }

    private long whole(JsonNode node, @Nullable String text, long least, long most, String path) {
        String expected = "a whole number";
        if (text == null || !WHOLE.matcher(text).matches()) {
            throw wrong(path, node, expected);
        }
        try {
            long value = Long.parseLong(text.replace("_", ""));
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // too many digits: told below
        }
        throw wrong(path, node, expected + " from " + least + " to " + most);
    }

    /** Seeds are 64 bits, as in PyTorch and for {@code --seed}: from 0 to 2^64 − 1, or negative, which counts down from there. */
    private long seed(JsonNode node, @Nullable String text, String path) {
        if (text == null || !WHOLE.matcher(text).matches()) {
            throw wrong(path, node, "a whole number");
        }
        try {
            String digits = text.replace("_", "");
            return digits.startsWith("-") ? Long.parseLong(digits) : Long.parseUnsignedLong(digits);
        } catch (NumberFormatException e) {
            throw wrong(path, node, "a whole number from 0 to " + Long.toUnsignedString(-1));
        }
    }

    private static boolean isSeed(String path) {
        return path.equals("seed") || path.endsWith(".seed") || path.endsWith("-seed");
    }

    private double number(JsonNode node, @Nullable String text, String path) {
        if (".inf".equals(text)) {
            return Double.POSITIVE_INFINITY; // a limit that does not limit
        }
        if (text == null || !NUMBER.matcher(text).matches()) {
            throw wrong(path, node, "a number");
        }
        double value = Double.parseDouble(text.replace("_", ""));
        if (!Double.isFinite(value)) {
            throw wrong(path, node, "a number");
        }
        return value;
    }

    private boolean flag(JsonNode node, @Nullable String text, String path) {
        if ("true".equals(text)) {
            return true;
        } else if ("false".equals(text)) {
            return false;
        }
        throw wrong(path, node, "true or false");
    }

    private Object choice(JsonNode node, @Nullable String text, Class<?> type, String path) {
        List<String> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            String name = kebab((Enum<?>) constant);
            if (name.equals(text)) {
                return constant;
            }
            names.add(name);
        }
        throw wrong(path, node, "one of " + String.join(", ", names));
    }

    private String text(JsonNode node, @Nullable String text, String path) {
        if (text == null) {
            throw wrong(path, node, "a text");
        }
        return text;
    }

    private Path path(JsonNode node, @Nullable String text, String path) {
        if (text == null || text.isBlank()) {
            throw wrong(path, node, "a path");
        }
        if (!ForeignPath.possible(text)) {
            throw wrong(path, node, "a path");
        }
        return Path.of(text);
    }

    private void refuseUnknown(JsonNode tree, String path, List<String> known) {
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            String key = entry.getKey();
            if (!known.contains(key)) {
                String near = Spelling.nearest(key, known);
                throw at(
                        join(path, key),
                        near == null
                                ? "there is no such key; the keys here are " + String.join(", ", known)
                                : "there is no such key; did you mean " + join(path, near) + "?");
            }
        }
    }

    private <T> T construct(Class<T> type, RecordComponent[] components, @Nullable Object[] values, String path) {
        try {
            return construct(type, components, values);
        } catch (InvalidInputException refused) {
            String where = path.isEmpty() ? sourceOf.apply(path) : sourceOf.apply(path) + ": " + path;
            throw new InvalidInputException(where + ": " + refused.getMessage(), refused);
        }
    }

    private static <T> T construct(Class<T> type, RecordComponent[] components, @Nullable Object[] values) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<T> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true); // records of a stage need not be public
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof InvalidInputException refused) {
                throw refused;
            }
            throw new IllegalStateException("the constructor of " + type.getSimpleName() + " failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " has no constructor of its components", e);
        }
    }

    private static @Nullable Object standIn(RecordComponent component) {
        if (nullable(component)) {
            return null;
        }
        Object own = component.getType().isRecord() ? defaultsOf(component.getType()) : null;
        return own == null ? Missing.VALUE : own;
    }

    /** The record's own constant {@code DEFAULT}, if it has one. */
    static <T> @Nullable T defaultsOf(Class<T> type) {
        try {
            Field constant = type.getDeclaredField("DEFAULT");
            if (!Modifier.isStatic(constant.getModifiers()) || constant.getType() != type) {
                return null;
            }
            constant.setAccessible(true);
            return type.cast(constant.get(null));
        } catch (NoSuchFieldException e) {
            return null;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(type + ".DEFAULT cannot be read", e);
        }
    }

    /** {@code record} with {@code value} as the component {@code name}; refusals are the record's own. */
    static <T extends Record> T with(T record, String name, @Nullable Object value) {
        @SuppressWarnings("unchecked") // the class of a T is a Class<T> as far as records go: they are final
        Class<T> type = (Class<T>) record.getClass();
        RecordComponent[] components = type.getRecordComponents();
        @Nullable Object[] values = new @Nullable Object[components.length];
        boolean found = false;
        for (int i = 0; i < values.length; i++) {
            boolean wanted = components[i].getName().equals(name);
            values[i] = wanted ? value : get(components[i], record);
            found |= wanted;
        }
        if (!found) {
            throw new IllegalArgumentException(type.getSimpleName() + " has no component " + name);
        }
        return construct(type, components, values);
    }

    /** {@code config} with {@code change} applied to every path in it. */
    <T extends Record> T withPaths(T config, UnaryOperator<Path> change) {
        @SuppressWarnings("unchecked") // the class of a T is a Class<T> as far as records go: they are final
        Class<T> type = (Class<T>) config.getClass();
        RecordComponent[] components = type.getRecordComponents();
        List<@Nullable Object> values = new ArrayList<>();
        for (RecordComponent component : components) {
            values.add(
                    switch (get(component, config)) {
                        case null -> null;
                        case Path path -> change.apply(path);
                        case Record record -> withPaths(record, change);
                        case Object other -> other;
                    });
        }
        return construct(type, components, values.toArray(), "");
    }

    /** All values of {@code config} under their keys. */
    static ObjectNode tree(Record config) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            String key = key(component);
            tree.set(
                    key,
                    get(component, config) instanceof Long seed && isSeed(key)
                            ? JsonNodeFactory.instance.numberNode(new BigInteger(Long.toUnsignedString(seed)))
                            : node(get(component, config)));
        }
        return tree;
    }

    private static JsonNode node(@Nullable Object value) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (value) {
            case null -> nodes.nullNode();
            case Record record -> tree(record);
            case List<?> list -> {
                ArrayNode array = nodes.arrayNode();
                list.forEach(item -> array.add(node(item)));
                yield array;
            }
            case Integer number -> nodes.numberNode(number);
            case Long number -> nodes.numberNode(number);
            case Double number when number == Double.POSITIVE_INFINITY -> nodes.textNode(".inf");
            case Double number -> nodes.numberNode(decimal(number));
            case Boolean flag -> nodes.booleanNode(flag);
            case Enum<?> constant -> nodes.textNode(kebab(constant));
            case String text -> nodes.textNode(text);
            case Path path -> nodes.textNode(path.toString());
            default -> throw new IllegalArgumentException("a config cannot hold " + value.getClass());
        };
    }

    /** As a person would write it: 100 and 0.0001, not 100.0 and 1.0E-4. */
    private static BigDecimal decimal(double number) {
        BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        return decimal.scale() < 0 && Math.abs(number) < 1e9 ? decimal.setScale(0) : decimal;
    }

    private static @Nullable Object get(RecordComponent component, Object record) {
        try {
            Method accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("reading " + component + " failed", e);
        }
    }

    private static boolean nullable(RecordComponent component) {
        return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    /** {@code learningRate} is written {@code learning-rate}. */
    private static String key(RecordComponent component) {
        return component.getName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    private static String kebab(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private InvalidInputException wrong(String path, JsonNode found, String expected) {
        return at(path, "is " + shown(found) + ", expected " + expected);
    }

    private InvalidInputException at(String path, String what) {
        return new InvalidInputException(sourceOf.apply(path) + ": " + (path.isEmpty() ? "" : path + " ") + what);
    }

    /** One line, as it would be written in YAML's short form. */
    static String shown(JsonNode node) {
        String text;
        if (node.isNull()) {
            text = "empty";
        } else if (node.isArray()) {
            List<String> items = new ArrayList<>();
            node.forEach(item -> items.add(shown(item)));
            text = "[" + String.join(", ", items) + "]";
        } else if (node.isObject()) {
            text = node.properties().stream()
                    .map(entry -> entry.getKey() + ": " + shown(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        } else {
            text = node.isTextual() ? "\"" + node.asText() + "\"" : node.asText();
        }
        return text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN - 3) + "..." : text;
    }
}
