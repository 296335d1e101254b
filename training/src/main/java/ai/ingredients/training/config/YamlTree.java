package ai.ingredients.training.config;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.InputFile;
import ai.ingredients.io.IoReason;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * YAML documents as trees whose scalars are texts as they were written, or null. What a scalar means is decided by who
 * reads it: {@code name: 007} stays {@code 007}, and {@code 1e-4}, which YAML itself takes for a text, is a number where
 * one is expected.
 */
final class YamlTree {
    private static final YAMLFactory FACTORY = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL) // a key with nothing behind it
            .build();
    private static final YAMLMapper WRITER = YAMLMapper.builder(YAMLFactory.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .disable(YAMLGenerator.Feature.SPLIT_LINES)
                    .build())
            .build();

    private YamlTree() {}

    /** The one document of {@code file}; an empty object when there is nothing in it. */
    static JsonNode read(Path file) {
        try {
            InputFile.check(file, "a YAML file");
            JsonNode document = parse(Files.readString(file), file.toString());
            return document.isNull() ? JsonNodeFactory.instance.objectNode() : document;
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": there is no such file", e);
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(file + ": is not UTF-8 text, expected a YAML file", e);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    /** @param source what messages call the text */
    static JsonNode parse(String yaml, String source) {
        try (YAMLParser parser = FACTORY.createParser(yaml)) {
            JsonNode document = parser.nextToken() == null ? JsonNodeFactory.instance.nullNode() : value(parser);
            if (parser.nextToken() != null) {
                throw new InvalidInputException(source + ": holds more than one YAML document, expected one");
            }
            return document;
        } catch (JsonProcessingException e) {
            String line = e.getLocation() == null || e.getLocation().getLineNr() < 1
                    ? ""
                    : " in line " + e.getLocation().getLineNr();
            String reason = e.getOriginalMessage().lines().findFirst().orElse("cannot be parsed");
            throw new InvalidInputException(source + ": is not valid YAML" + line + " (" + reason + ")", e);
        } catch (IOException e) {
            throw new InvalidInputException(source + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private static JsonNode value(YAMLParser parser) throws IOException {
        if (parser.isCurrentAlias()) {
            throw new JsonProcessingExceptionAt("aliases such as *" + parser.getText() + " are not read", parser);
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = JsonNodeFactory.instance.objectNode();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String key = parser.currentName();
                    parser.nextToken();
                    object.set(key, value(parser));
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = JsonNodeFactory.instance.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(value(parser));
                }
                yield array;
            }
            case VALUE_NULL -> JsonNodeFactory.instance.nullNode();
            default -> JsonNodeFactory.instance.textNode(parser.getText());
        };
    }

    /** {@code tree} as a YAML document. */
    static String write(JsonNode tree) {
        try {
            return WRITER.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a tree that cannot be written", e);
        }
    }

    /** A syntax error of ours, told like those of the library. */
    private static final class JsonProcessingExceptionAt extends JsonProcessingException {
        private static final long serialVersionUID = 1L;

        JsonProcessingExceptionAt(String message, YAMLParser parser) {
            super(message, parser.currentTokenLocation());
        }
    }
}
