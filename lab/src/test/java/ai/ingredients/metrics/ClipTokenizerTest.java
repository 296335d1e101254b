package ai.ingredients.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.testing.Fixture;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ids against transformers' {@code CLIPTokenizer}: fixture {@code clip_tokenizer.json}. */
class ClipTokenizerTest {
    private static final Path FOLDER = Fixture.path("clip_score_model");
    private static final int POSITIONS = 77;
    private static final int VOCABULARY = 1 << 20;

    @TempDir
    private Path folder;

    @Test
    void idsAgree() {
        check(FOLDER);
    }

    @Test
    void idsFromOneFileAgree() {
        assertThat(Fixture.path("clip_gelu_model/vocab.json")).doesNotExist();
        check(Fixture.path("clip_gelu_model"));
    }

    private static void check(Path folder) {
        int texts = 0;
        try (ClipTokenizer tokenizer = ClipTokenizer.open(folder, POSITIONS, VOCABULARY)) {
            for (JsonNode row :
                    JsonFile.read(Fixture.path("clip_tokenizer.json")).path("texts")) {
                ClipTokenizer.Tokens tokens = tokenizer.encode(row.path("text").asText());
                long[] expected = StreamSupport.stream(row.path("ids").spliterator(), false)
                        .mapToLong(JsonNode::asLong)
                        .toArray();
                assertThat(tokens.ids()).as("%s", row.path("text")).isEqualTo(expected);
                assertThat(tokens.dropped())
                        .as("%s", row.path("text"))
                        .isEqualTo(row.path("dropped").asInt());
                texts++;
            }
        }
        assertThat(texts).isEqualTo(29);
    }

    @Test
    void theSmallerLimitCounts() throws IOException {
        Files.copy(FOLDER.resolve("vocab.json"), folder.resolve("vocab.json"));
        Files.copy(FOLDER.resolve("merges.txt"), folder.resolve("merges.txt"));
        try (ClipTokenizer tokenizer = ClipTokenizer.open(folder, 5, VOCABULARY)) {
            assertThat(tokenizer.encode("a b c d").ids())
                    .hasSize(5)
                    .startsWith(932)
                    .endsWith(933);
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 4}");
        try (ClipTokenizer tokenizer = ClipTokenizer.open(folder, 5, VOCABULARY)) {
            assertThat(tokenizer.encode("a b c d").ids())
                    .hasSize(4)
                    .startsWith(932)
                    .endsWith(933);
            assertThat(tokenizer.encode("a b c d").dropped()).isEqualTo(2);
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 1e30}");
        try (ClipTokenizer tokenizer = ClipTokenizer.open(folder, 5, VOCABULARY)) {
            assertThat(tokenizer.encode("a b c d").ids()).hasSize(5);
        }
    }

    @Test
    void unusableFilesAreRefused() throws IOException {
        refused(": has neither vocab.json nor tokenizer.json");
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        refused(": the vocabulary has no \"<|startoftext|>\"");
        Files.writeString(folder.resolve("vocab.json"), "{\"<|startoftext|>\": 0, \"<|endoftext|>\": 1}");
        refused("merges.txt: cannot be read");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b\n");
        refused(": merge 1 is \"a b\", expected two pieces of the vocabulary that make a third");
        Files.writeString(folder.resolve("merges.txt"), "");
        for (String id : new String[] {"-5", "2147483647", "1048576", "1.5", "\"2\""}) {
            Files.writeString(
                    folder.resolve("vocab.json"),
                    "{\"<|startoftext|>\": 0, \"<|endoftext|>\": 1, \"new\": " + id + "}");
            refused(": the vocabulary gives \"new\" the id " + id);
        }
    }

    private void refused(String why) {
        assertThatThrownBy(() -> ClipTokenizer.open(folder, POSITIONS, VOCABULARY))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContaining(why);
    }
}
