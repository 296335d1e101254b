package ai.ingredients.cli;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.InputFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JSONL file of videos to make: an object in each line, whose keys are options of {@code generate} without their
 * hyphens. A text, a number or true stands for one option, an array for one as often as it has values; false and null for
 * none. Empty lines count but say nothing.
 *
 * @param file where it lies
 * @param lines in order
 */
record BatchFile(Path file, List<Line> lines) {
    private static final long MOST_BYTES = 64L << 20;

    /** What a model is opened with is the same for all lines; and a batch has no batches. */
    private static final Set<String> NOT_HERE =
            Set.of("model", "variant", "device", "dtype", "memory", "vae-tiling", "batch", "help", "verbose");

    /**
     * One of them.
     *
     * @param number in the file, from 1
     * @param arguments the options
     * @param problem what is wrong with it; empty where nothing is known to be
     */
    record Line(int number, List<String> arguments, String problem) {}

    /**
     * Reads it.
     *
     * @throws InvalidInputException when it cannot be read, or says nothing
     */
    static BatchFile read(Path file) {
        String text;
        try {
            text = new String(InputFile.read(file, "a batch", MOST_BYTES), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new InvalidInputException("--batch " + file + ": there is no such file", e);
        } catch (IOException e) {
            throw new InvalidInputException("--batch " + file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (!line.isBlank()) {
                lines.add(line(number, line));
            }
        }
        if (lines.isEmpty()) {
            throw new InvalidInputException(
                    "--batch " + file + ": is empty; expected a JSON object in each line, such as"
                            + " {\"prompt\": \"A walk.\", \"seed\": 7}");
        }
        return new BatchFile(file, List.copyOf(lines));
    }

    private static Line line(int number, String text) {
        try {
            JsonNode json = JsonFile.parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
            if (!json.isObject()) {
                throw new InvalidInputException("is no JSON object; expected {\"prompt\": …}");
            }
            List<String> arguments = new ArrayList<>();
            for (Map.Entry<String, JsonNode> option : json.properties()) {
                add(option.getKey(), option.getValue(), arguments);
            }
            return new Line(number, arguments, "");
        } catch (IOException e) {
            return new Line(
                    number, List.of(), "is no valid JSON; expected an object such as {\"prompt\": \"A walk.\"}");
        } catch (InvalidInputException e) {
            return new Line(number, List.of(), String.valueOf(e.getMessage()));
        }
    }

    private static void add(String key, JsonNode value, List<String> arguments) {
        String name = key.replace('_', '-');
        if (NOT_HERE.contains(name)) {
            throw new InvalidInputException(
                    ForeignText.shown(key) + " is the same for all lines; give --" + name + " on the command line");
        }
        if (!name.matches("[a-z][a-z-]*")) {
            throw new InvalidInputException(ForeignText.shown(key) + " is no option");
        }
        if (value.isArray()) {
            value.forEach(one -> add(key, one, arguments));
        } else if (value.isObject()) {
            throw new InvalidInputException(name + " is an object; expected a text, a number, true, false or an array");
        } else if (value.isBoolean()) {
            if (value.booleanValue()) {
                arguments.add("--" + name);
            }
        } else if (!value.isNull()) {
            arguments.add("--" + name + "=" + value.asText());
        }
    }
}
