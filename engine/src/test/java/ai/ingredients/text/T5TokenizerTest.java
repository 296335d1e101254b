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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        for (byte[] bad : new byte[][] {
            {},
            "version https://git-lfs.github.com/spec/v1\noid sha256:d60a".getBytes(StandardCharsets.UTF_8),
            Arrays.copyOf(model, model.length / 2),
            scrambled
        }) {
            Files.write(folder.resolve("spiece.model"), bad);
            assertThatThrownBy(() -> T5Tokenizer.open(folder).close())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("spiece.model: is no SentencePiece model");
        }
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
