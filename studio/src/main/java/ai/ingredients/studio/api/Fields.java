package ai.ingredients.studio.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Values of a JSON object by name, each checked for its kind. A number may come as text, since forms have nothing else; null is
 * as good as nothing.
 *
 * @param json the object
 * @param prefix of its names in messages; empty for the outermost
 */
record Fields(ObjectNode json, String prefix) {
    private static final BigInteger MOST_SEED = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    Fields(ObjectNode json) {
        this(json, "");
    }

    /** What messages call the field. */
    String path(String name) {
        return prefix + name;
    }

    boolean has(String name) {
        return json.hasNonNull(name);
    }

    @Nullable
    String text(String name, int longest) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw wrong(name, "a text");
        }
        String text = value.textValue();
        if (text.length() > longest) {
            throw ApiError.value(
                    path(name),
                    "`" + path(name) + "` is " + text.length() + " letters long; at most " + longest + " are taken.");
        }
        if (text.indexOf('\0') >= 0) {
            throw ApiError.value(path(name), "`" + path(name) + "` holds a character that is no text (U+0000).");
        }
        return text;
    }

    @Nullable
    Double number(String name, double least, double most) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        double number;
        try {
            number = value.isNumber()
                    ? value.doubleValue()
                    : value.isTextual() ? Double.parseDouble(value.textValue().strip()) : Double.NaN;
        } catch (NumberFormatException e) {
            throw wrong(name, "a number");
        }
        if (!Double.isFinite(number)) {
            throw wrong(name, "a number");
        }
        if (number < least || number > most) {
            throw ApiError.value(
                    path(name),
                    "`" + path(name) + "` is " + shown(number) + "; expected " + shown(least) + " to " + shown(most)
                            + ".");
        }
        return number;
    }

    @Nullable
    Integer whole(String name, int least, int most) {
        Double number = number(name, least, most);
        if (number == null) {
            return null;
        }
        if (number != Math.rint(number)) {
            throw wrong(name, "a whole number");
        }
        return (int) Math.round(number);
    }

    private static String shown(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? String.valueOf((long) number)
                : String.valueOf(number);
    }

    /** An unsigned number of 64 bits; as text where JSON's readers would round it. */
    @Nullable
    Long seed(String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        BigInteger seed;
        try {
            seed = value.isIntegralNumber()
                    ? value.bigIntegerValue()
                    : new BigInteger(value.isTextual() ? value.textValue().strip() : "none");
        } catch (NumberFormatException e) {
            throw wrong(name, "a whole number from 0 to 18446744073709551615");
        }
        if (seed.signum() < 0 || seed.compareTo(MOST_SEED) > 0) {
            throw wrong(name, "a whole number from 0 to 18446744073709551615");
        }
        return seed.longValue();
    }

    @Nullable
    Boolean flag(String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        return switch (value.isTextual() ? value.textValue() : "") {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(name, "true or false");
        };
    }

    /** One of {@code allowed}. */
    @Nullable
    String choice(String name, List<String> allowed) {
        String text = text(name, 100);
        if (text != null && !allowed.contains(text)) {
            throw wrong(name, String.join(" or ", allowed));
        }
        return text;
    }

    /** A list; a single value counts as a list of it; empty for none. */
    List<JsonNode> list(String name, int most) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return List.of();
        }
        List<JsonNode> all = value instanceof ArrayNode array
                ? StreamSupport.stream(array.spliterator(), false).toList()
                : List.of(value);
        if (all.size() > most) {
            throw ApiError.value(
                    path(name),
                    "`" + path(name) + "` holds " + all.size() + " entries; at most " + most + " are taken.");
        }
        return all;
    }

    /** An object; empty for none. */
    Fields object(String name) {
        JsonNode value = json.path(name);
        if (value instanceof ObjectNode object) {
            return new Fields(object, path(name) + ".");
        }
        if (value.isNull() || value instanceof MissingNode) {
            return new Fields(json.objectNode(), path(name) + ".");
        }
        throw wrong(name, "an object");
    }

    ApiError wrong(String name, String expected) {
        return ApiError.value(path(name), "`" + path(name) + "` cannot be used; expected " + expected + ".");
    }
}
