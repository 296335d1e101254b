package ai.ingredients.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ids against the official tokenizer: fixtures {@code tokenizer}, {@code t5}, {@code t5_short}, and
 * {@code tokenizer_special.json} for special tokens typed in a prompt.
 */
class T5TokenizerTest {
    private static final Path FOLDER = Fixture.bundle().resolve("tokenizer");
    private static T5Tokenizer tokenizer;

    @BeforeAll
    static void open() {
        tokenizer = T5Tokenizer.open(FOLDER);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @Test
    void idsEqualBothOfficialTokenizers() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("tokenizer")) {
            for (String column : new String[] {"out_t5_ids", "out_sentencepiece_ids"}) {
                int row = 0;
                for (JsonNode text : fixture.settings().path("texts")) {
                    long[] expected = Arrays.stream(
                                    Ops.longs(fixture.get(column).select(0, row++)))
                            .filter(id -> id >= 0)
                            .toArray();
                    assertThat(tokenizer.ids(text.asText()))
                            .as("%s %s", column, text)
                            .isEqualTo(ints(expected));
                }
                assertThat(row).isEqualTo(53);
            }
        }
    }

    @Test
    void paddedAndCutIdsEqualTheOfficialOnes() {
        for (String name : new String[] {"t5", "t5_short"}) {
            try (Scope scope = Scope.inference();
                    Fixture fixture = Fixture.open(name)) {
                int length = fixture.settings().path("max_length").asInt();
                int row = 0;
                for (JsonNode text : fixture.settings().path("prompts")) {
                    long[] expected = Ops.longs(fixture.get("out_input_ids").select(0, row++));
                    Tokens tokens = tokenizer.encode(text.asText(), length);
                    assertThat(tokens.ids()).as(text.asText()).isEqualTo(expected);
                    assertThat(tokens.count()).isEqualTo((int) LongStream.of(expected)
                            .filter(id -> id != T5Tokenizer.PAD)
                            .count());
                }
                assertThat(row).isEqualTo(4);
            }
        }
    }

    @Test
    void specialTokensTypedInAPromptCountAsOne() throws IOException {
        JsonNode cases = new ObjectMapper()
                .readTree(Fixture.path("tokenizer_special.json").toFile())
                .path("cases");
        assertThat(cases.size()).isEqualTo(21);
        for (JsonNode example : cases) {
            String text = example.path("text").asText();
            assertThat(tokenizer.ids(text)).as(text).isEqualTo(ints(longs(example.path("ids"))));
            assertThat(tokenizer.encode(text, 16).ids()).as(text).isEqualTo(longs(example.path("cut16")));
            assertThat(tokenizer.encode(text, 4).ids()).as(text).isEqualTo(longs(example.path("cut4")));
        }
    }

    @Test
    void whatWasCutIsTold() {
        Tokens whole = tokenizer.encode("A woman walks.", 226);
        assertThat(whole.cutText()).isEmpty();
        assertThat(whole.ids()).hasSize(226);
        int words = tokenizer.ids("A woman walks.").length; // </s> included
        Tokens cut = tokenizer.encode("A woman walks. Then she sings.", words);
        assertThat(cut.count()).isEqualTo(words);
        assertThat(cut.ids()[words - 1]).isEqualTo(T5Tokenizer.EOS);
        assertThat(cut.cutText()).isEqualTo("Then she sings.");
        assertThat(tokenizer.encode("a b <extra_id_3> c", 1).cutText()).isEqualTo("a b <extra_id_3> c");
        assertThatThrownBy(() -> tokenizer.encode("a", 0)).isInstanceOf(InvalidInputException.class);
    }

    @Test
    void withoutConfigFilesTheSpecialTokensFollowThePieces(@TempDir Path folder) throws IOException {
        Files.copy(FOLDER.resolve("spiece.model"), folder.resolve("spiece.model"));
        try (T5Tokenizer bare = T5Tokenizer.open(folder)) {
            assertThat(bare.size()).isEqualTo(tokenizer.size()).isEqualTo(900);
            for (int i : new int[] {0, 7, 99}) {
                String token = "<extra_id_" + i + ">";
                assertThat(bare.ids(token)).isEqualTo(tokenizer.ids(token)).containsExactly(899 - i, 1);
            }
        }
    }

    @Test
    void aBadModelIsNamed(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> T5Tokenizer.open(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("spiece.model: there is no such file");
        byte[] model = Files.readAllBytes(FOLDER.resolve("spiece.model"));
        byte[] scrambled = model.clone();
        for (int i = 20; i < scrambled.length; i += 3) {
            scrambled[i] ^= (byte) 0x5a;
        }
        for (byte[] bad : new byte[][] {{}, Arrays.copyOf(model, model.length / 2), scrambled}) {
            Files.write(folder.resolve("spiece.model"), bad);
            assertThatThrownBy(() -> T5Tokenizer.open(folder).close())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("spiece.model: is no SentencePiece model");
        }
    }

    @Test
    void aPointerIsToldApart(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("spiece.model"), "version https://git-lfs.github.com/spec/v1\noid sha256:d60a\n");
        assertThatThrownBy(() -> T5Tokenizer.open(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("spiece.model: is a pointer of Git LFS");
    }

    /** Each of these ended the process inside SentencePiece. */
    @ParameterizedTest
    @CsvSource({
        "charsmap_bad, character map of its normaliser is damaged",
        "charsmap_trie, character map of its normaliser is damaged",
        "mutated-head, is no SentencePiece model",
        "nul, piece 3 holds a NUL"
    })
    void whatWouldEndTheProcessIsRefusedBefore(String name, String why, @TempDir Path folder) throws IOException {
        Files.copy(Path.of("src/test/resources/cases/spiece", name + ".spiece.model"), folder.resolve("spiece.model"));
        assertThatThrownBy(() -> T5Tokenizer.open(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("spiece.model: is no SentencePiece model (")
                .hasMessageContaining(why);
    }

    /** Pieces as SentencePiece would have to search them, beside the three that every T5 has. */
    @Test
    void piecesThatCannotBeAreNamed(@TempDir Path folder) throws IOException {
        byte[] good = Files.readAllBytes(FOLDER.resolve("spiece.model"));
        Map<byte[], String> pieces = Map.of(
                piece("", 1, 0f),
                "is empty",
                piece("<pad>", 3, 0f),
                "(<pad>) is there twice",
                piece("x".repeat(600), 1, 0f),
                "is very long",
                piece("new", 2, 0f),
                "it has 2 pieces for what is unknown",
                piece("new", 1, Float.NaN),
                "has the score NaN",
                piece("new", 1, Float.NEGATIVE_INFINITY),
                "has the score -Infinity",
                piece("new", 9, 0f),
                "has an unknown type",
                piece("new", 6, 0f),
                "is a byte but not called so",
                new byte[] {0x0a, 3, 0x0a, 1, (byte) 0xff},
                "is not UTF-8",
                new byte[] {0x1a, 0},
                "it has settings twice");
        for (Map.Entry<byte[], String> piece : pieces.entrySet()) {
            byte[] model = Arrays.copyOf(good, good.length + piece.getKey().length);
            System.arraycopy(piece.getKey(), 0, model, good.length, piece.getKey().length);
            Files.write(folder.resolve("spiece.model"), model);
            assertThatThrownBy(() -> T5Tokenizer.open(folder), piece.getValue())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining(piece.getValue());
        }
    }

    private static byte[] piece(String name, int type, float score) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer piece = ByteBuffer.allocate(text.length + 20).order(ByteOrder.LITTLE_ENDIAN);
        int size = text.length + 10;
        piece.put((byte) 0x0a).put((byte) (size & 0x7f | 0x80)).put((byte) (size >> 7));
        piece.put((byte) 0x0a)
                .put((byte) (text.length & 0x7f | 0x80))
                .put((byte) (text.length >> 7))
                .put(text);
        piece.put((byte) 0x15).putFloat(score).put((byte) 0x18).put((byte) type);
        return Arrays.copyOf(piece.array(), piece.position());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "2147483647", "99999999999", "x"})
    void tokenIdsThatCannotBeAreNamed(String id, @TempDir Path folder) throws IOException {
        Files.copy(FOLDER.resolve("spiece.model"), folder.resolve("spiece.model"));
        Path added = folder.resolve("added_tokens.json");
        Files.writeString(added, "{\"<new>\": " + (id.equals("x") ? "\"x\"" : id) + "}");
        assertThatThrownBy(() -> T5Tokenizer.open(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("added_tokens.json: has the token id \"" + id + "\"");
        Files.delete(added);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"added_tokens_decoder\": {\"" + id + "\": {\"content\": \"<new>\"}}}");
        assertThatThrownBy(() -> T5Tokenizer.open(folder))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("tokenizer_config.json: has the token id \"" + id + "\"");
    }

    @Test
    void promptsEncodeInOneCall() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("t5");
                SafetensorsFile store =
                        SafetensorsFile.open(Fixture.bundle().resolve("text_encoder/model.safetensors"));
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            T5Config config = T5Config.of(ConfigReader.of(Fixture.bundle().resolve("text_encoder/config.json")));
            PromptEncoder encoder = new PromptEncoder(tokenizer, new T5Encoder(config, weights, Residency.RESIDENT));
            String prompt = fixture.settings().path("prompts").path(3).asText();
            PromptEncoder.Prompt encoded = encoder.encode(prompt, 226);
            Tensor expected = fixture.get("out_prompt_embeds").narrow(0, 3, 1);
            Fixture.assertClose("prompt 3", expected, encoded.embeddings(), Fixture.MODULE);
            assertThat(encoded.tokens().cutText()).isNotEmpty();
        }
    }

    @Test
    void aTokenizerOfAnotherModelIsRefused() {
        try (SafetensorsFile store = SafetensorsFile.open(Fixture.bundle().resolve("text_encoder/model.safetensors"));
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            T5Config config = new T5Config(800, 32, 8, 64, 4, 2, 32, 128, 1e-6, "gated-gelu");
            T5Encoder encoder = new T5Encoder(config, weights, Residency.RESIDENT);
            assertThatThrownBy(() -> new PromptEncoder(tokenizer, encoder))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("knows 900 ids")
                    .hasMessageContaining("embeddings for 800");
        }
    }

    private static long[] longs(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
    }

    private static int[] ints(long[] values) {
        return LongStream.of(values).mapToInt(Math::toIntExact).toArray();
    }
}
