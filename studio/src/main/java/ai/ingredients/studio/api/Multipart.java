package ai.ingredients.studio.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code multipart/form-data} (RFC 7578). A part with a file name, or of pictures or bytes, is a file, whose name is not
 * looked at; any other is a field. Structured fields come as JSON text, or as form clients write them: {@code people[]}, {@code extra_params[face_scale]}.
 */
final class Multipart {
    private static final int MOST_PARTS = 200;
    private static final int LONGEST_HEADERS = 4096;
    private static final int LONGEST_FIELD = 1 << 20;
    private static final int DEEPEST = 5;
    private static final Pattern BOUNDARY =
            Pattern.compile("boundary=(?:\"([^\"]{1,200})\"|([^;\\s\"]{1,200}))", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile("[;\\s]name=(?:\"([^\"]*)\"|([^;\\s]+))");
    private static final Pattern FILE = Pattern.compile("[;\\s]filename\\*?=", Pattern.CASE_INSENSITIVE);
    /** Some clients send bytes without a file's name. */
    private static final Pattern BYTES = Pattern.compile(
            "^content-type:\\s*(image/|application/octet-stream)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

    private static final Pattern KEYS = Pattern.compile("\\[([A-Za-z0-9_]*)]");

    private final byte[] bytes;
    private int at;

    private Multipart(byte[] bytes) {
        this.bytes = bytes;
    }

    static Body read(String type, byte[] bytes) {
        Matcher boundary = BOUNDARY.matcher(type);
        if (!boundary.find()) {
            throw malformed("its content type names no boundary");
        }
        String found = boundary.group(1) == null ? boundary.group(2) : boundary.group(1);
        return new Multipart(bytes).parts(("--" + found).getBytes(StandardCharsets.ISO_8859_1));
    }

    private Body parts(byte[] delimiter) {
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        Map<String, List<byte[]>> files = new LinkedHashMap<>();
        at = find(delimiter, 0);
        if (at < 0) {
            throw malformed("it does not hold its boundary");
        }
        byte[] ending =
                ("\r\n" + new String(delimiter, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
        at += delimiter.length;
        for (int parts = 0; !starts("--"); parts++) {
            if (parts == MOST_PARTS) {
                throw malformed("it has more than " + MOST_PARTS + " parts");
            }
            if (!starts("\r\n")) {
                throw malformed("a boundary is not followed by the end of its line");
            }
            int headersEnd = find("\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1), at);
            if (headersEnd < 0 || headersEnd - at > LONGEST_HEADERS) {
                throw malformed("the headers of a part do not end");
            }
            String headers = new String(bytes, at, headersEnd - at, StandardCharsets.UTF_8);
            int begin = headersEnd + 4;
            int end = find(ending, begin);
            if (end < 0) {
                throw malformed("its last boundary is missing");
            }
            part(headers, begin, end, fields, files);
            at = end + ending.length;
        }
        return new Body(fields, files);
    }

    private void part(String headers, int begin, int end, ObjectNode fields, Map<String, List<byte[]>> files) {
        String disposition = headers.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-disposition:"))
                .findFirst()
                .orElse("");
        Matcher name = NAME.matcher(disposition);
        if (!name.find()) {
            throw malformed("a part has no name");
        }
        String field = name.group(1) == null ? name.group(2) : name.group(1);
        if (FILE.matcher(disposition).find() || BYTES.matcher(headers).find()) {
            String plain = field.endsWith("[]") ? field.substring(0, field.length() - 2) : field;
            byte[] file = new byte[end - begin];
            System.arraycopy(bytes, begin, file, 0, file.length);
            files.computeIfAbsent(plain, key -> new ArrayList<>()).add(file);
            return;
        }
        if (end - begin > LONGEST_FIELD) {
            throw malformed("the field " + shown(field) + " is too long");
        }
        put(fields, field, new String(bytes, begin, end - begin, StandardCharsets.UTF_8));
    }

    private static String shown(String field) {
        return field.replaceAll("[^A-Za-z0-9_\\[\\]]", "?");
    }

    /** Puts a value where its name says: {@code a}, {@code a[]}, {@code a[b]}, {@code a[][b]}. */
    private static void put(ObjectNode fields, String name, String text) {
        int bracket = name.indexOf('[');
        if (bracket < 0) {
            fields.set(name, value(text));
            return;
        }
        List<String> keys = new ArrayList<>();
        Matcher found = KEYS.matcher(name.substring(bracket));
        int end = 0;
        while (found.find() && found.start() == end) {
            keys.add(found.group(1));
            end = found.end();
        }
        if (end != name.length() - bracket || keys.size() > DEEPEST) {
            throw malformed("the name " + shown(name) + " cannot be read");
        }
        String first = name.substring(0, bracket);
        fields.set(first, merged(fields.get(first), keys, text));
    }

    private static JsonNode merged(@Nullable JsonNode present, List<String> keys, String text) {
        if (keys.isEmpty()) {
            return value(text);
        }
        String key = keys.getFirst();
        List<String> rest = keys.subList(1, keys.size());
        if (key.isEmpty() || key.chars().allMatch(Character::isDigit)) {
            ArrayNode list = present instanceof ArrayNode array ? array : JsonNodeFactory.instance.arrayNode();
            JsonNode last = list.isEmpty() ? null : list.get(list.size() - 1);
            boolean numbered =
                    !key.isEmpty() && Integer.parseInt(key.substring(0, Math.min(key.length(), 6))) < list.size();
            boolean continues = last instanceof ObjectNode open
                    && !rest.isEmpty()
                    && (numbered || (key.isEmpty() && !open.has(rest.getFirst())));
            if (continues) {
                list.set(list.size() - 1, merged(last, rest, text));
            } else {
                list.add(merged(null, rest, text));
            }
            return list;
        }
        ObjectNode object = present instanceof ObjectNode node ? node : JsonNodeFactory.instance.objectNode();
        object.set(key, merged(object.get(key), rest, text));
        return object;
    }

    /** Text that looks like JSON's lists or objects is that; everything else stays text. */
    private static JsonNode value(String text) {
        String trimmed = text.strip();
        if (trimmed.startsWith("[") || trimmed.startsWith("{")) {
            try {
                return Body.parse(text.getBytes(StandardCharsets.UTF_8));
            } catch (ApiError e) {
                return JsonNodeFactory.instance.textNode(text); // a prompt may begin with a bracket
            }
        }
        return JsonNodeFactory.instance.textNode(text);
    }

    private boolean starts(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (at + i >= bytes.length || bytes[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int find(byte[] wanted, int from) {
        for (int i = from; i <= bytes.length - wanted.length; i++) {
            int k = 0;
            while (k < wanted.length && bytes[i + k] == wanted[k]) {
                k++;
            }
            if (k == wanted.length) {
                return i;
            }
        }
        return -1;
    }

    private static ApiError malformed(String why) {
        return ApiError.badRequest("The form cannot be read: " + why + ".");
    }
}
