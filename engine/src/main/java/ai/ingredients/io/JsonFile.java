package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** JSON objects in files: one clear line when one cannot be read, all or nothing when one is written. Thread-safe. */
public final class JsonFile {
    /** Python writes NaN and Infinity into JSON; a repeated key would silently win over the first. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFile() {}

    /**
     * The object in {@code file}.
     *
     * @throws InvalidInputException when the file is missing, unreadable, not JSON or holds no JSON object
     */
    public static JsonNode read(Path file) {
        if (Files.isDirectory(file)) {
            throw new InvalidInputException(file + ": is a folder, expected a JSON file");
        }
        try {
            JsonNode node = MAPPER.readTree(Files.readAllBytes(file));
            if (node == null || !node.isObject()) {
                throw new InvalidInputException(file + ": holds no JSON object; download it again");
            }
            return node;
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": there is no such file", e);
        } catch (JsonProcessingException e) {
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
