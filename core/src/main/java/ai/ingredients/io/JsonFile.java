package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** JSON objects in files: one clear line when one cannot be read, all or nothing when one is written. Thread-safe. */
public final class JsonFile {
    private static final long LONGEST = 256L << 20; // bytes

    /** Each token of a document takes some 50 bytes as a node; tokenizers of large models have a million. */
    private static final long MOST_TOKENS = 4_000_000;

    /** Python writes NaN and Infinity into JSON; a repeated key would silently win over the first. */
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxTokenCount(MOST_TOKENS)
                            .build())
                    .build())
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFile() {}

    /**
     * The object in {@code file}.
     *
     * @throws InvalidInputException when the file is missing, unreadable, too large, not JSON or holds no JSON object
     */
    public static JsonNode read(Path file) {
        return read(file, LONGEST);
    }

    /**
     * As {@link #read(Path)}, of a file that has no reason to be large.
     *
     * @param most bytes it may have; a tree takes some twenty times as much
     */
    public static JsonNode read(Path file, long most) {
        byte[] json = {};
        try {
            json = InputFile.read(file, "a JSON file", most);
            JsonNode node = MAPPER.readTree(json);
            if (node == null || !node.isObject()) {
                throw new InvalidInputException(file + ": holds no JSON object; download it again");
            }
            return node;
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": there is no such file", e);
        } catch (StreamConstraintsException e) {
            throw new InvalidInputException(
                    file + ": is larger or deeper than any file of this kind (" + e.getOriginalMessage() + ")", e);
        } catch (JsonProcessingException e) {
            String mistaken = Mistaken.as(Arrays.copyOf(json, Math.min(json.length, Mistaken.START)));
            if (mistaken != null) {
                throw new InvalidInputException(file + ": " + mistaken, e);
            }
            String line =
                    e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
            throw new InvalidInputException(
                    file + ": is not valid JSON" + line + " (" + e.getOriginalMessage() + "); download or correct it",
                    e);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    /**
     * Any one JSON value, for instance an answer from the network; a missing node when there is nothing.
     *
     * @throws IOException when {@code json} cannot be read or is no JSON
     */
    public static JsonNode parse(InputStream json) throws IOException {
        return MAPPER.readTree(json);
    }

    /** Writes {@code value} with two spaces of indentation and a final newline; errors as {@link AtomicFile}. */
    public static void write(Path file, JsonNode value) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        try {
            String text = MAPPER.writer(printer).writeValueAsString(value) + "\n";
            AtomicFile.replace(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a JSON tree that cannot be written", e);
        }
    }
}
