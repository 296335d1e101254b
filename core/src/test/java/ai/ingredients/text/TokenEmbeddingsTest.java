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
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Words with vectors of their own against an encoder whose embedding table was resized for them and a tokenizer to which
 * they were added: fixtures {@code inversion.json} and {@code inversion.safetensors}.
 */
class TokenEmbeddingsTest {
    private static final Path FOLDER = Fixture.bundle().resolve("text_encoder");
    private static final T5Config CONFIG = T5Config.of(ConfigReader.of(FOLDER.resolve("config.json")));

    private SafetensorsFile store;
    private Weights weights;
    private T5Tokenizer tokenizer;
    private PromptEncoder plain;

    @BeforeEach
    void open() {
        store = SafetensorsFile.open(FOLDER.resolve("model.safetensors"));
        weights = Weights.of(store, Compute.CPU_FP32);
        tokenizer = T5Tokenizer.open(Fixture.bundle().resolve("tokenizer"));
        plain = new PromptEncoder(tokenizer, new T5Encoder(CONFIG, weights, Residency.RESIDENT));
    }

    @AfterEach
    void close() {
        tokenizer.close();
        weights.close();
        store.close();
    }

    private static JsonNode texts() throws IOException {
        return new ObjectMapper().readTree(Fixture.path("inversion.json").toFile());
    }

    private static Map<String, Tensor> words(Fixture fixture) {
        Map<String, Tensor> words = new LinkedHashMap<>();
        words.put("<anna>", fixture.get("in_<anna>"));
        words.put("<bob-2>", fixture.get("in_<bob-2>"));
        return words;
    }

    @Test
    void idsAndVectorsEqualThoseOfAResizedTable() throws IOException {
        JsonNode texts = texts();
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("inversion")) {
            PromptEncoder encoder = plain.with(TokenEmbeddings.of(words(fixture)));
            int number = 0;
            for (JsonNode text : texts.path("cases")) {
                String prompt = text.path("prompt").asText();
                PromptEncoder.Prompt encoded =
                        encoder.encode(prompt, text.path("length").asInt());
                assertThat(encoded.tokens().ids()).as(prompt).isEqualTo(ids(texts, text));
                fixture.check("out_embeds_" + number++, encoded.embeddings(), Fixture.MODULE);
            }
            assertThat(number).isEqualTo(16);
        }
    }

    /** The reference's new rows follow the tokenizer's ids, ours the encoder's, of which the last mean nothing. */
    private static long[] ids(JsonNode texts, JsonNode text) {
        long first = texts.path("first").asLong();
        return StreamSupport.stream(text.path("ids").spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .map(id -> id < first ? id : id - first + CONFIG.vocabSize())
                .toArray();
    }

    @Test
    void textsOfABatchAreEncodedEachByItself() throws IOException {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("inversion")) {
            PromptEncoder encoder = plain.with(TokenEmbeddings.of(words(fixture)));
            List<Tokens> batch = List.of(
                    encoder.tokens("<bob-2> talks.", 12),
                    encoder.tokens("Two men walk.", 12),
                    encoder.tokens("<anna> and <bob-2> and <anna>", 12));
            Tensor together = encoder.embeddings(batch);
            for (int i = 0; i < batch.size(); i++) {
                Fixture.assertClose(
                        "text " + i,
                        encoder.embeddings(List.of(batch.get(i))).select(0, 0),
                        together.select(0, i),
                        Fixture.MODULE);
            }
        }
    }

    @Test
    void promptsWithoutWordsAreWhatTheyWere() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("inversion")) {
            PromptEncoder encoder = plain.with(TokenEmbeddings.of(words(fixture)));
            String prompt = "Two men walk </s> on <extra_id_3> a street.";
            PromptEncoder.Prompt expected = plain.encode(prompt, 30);
            PromptEncoder.Prompt actual = encoder.encode(prompt, 30);
            assertThat(actual.tokens().ids()).isEqualTo(expected.tokens().ids());
            assertThat(torch.equal(expected.embeddings(), actual.embeddings())).isTrue();
            // and without words a name is text like any other
            assertThat(plain.tokens("<anna> walks", 30).ids())
                    .isEqualTo(tokenizer.encode("<anna> walks", 30).ids());
        }
    }

    @Test
    void vectorsCountAsTokensAndWhatIsCutIsTold() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("inversion")) {
            PromptEncoder encoder = plain.with(TokenEmbeddings.of(words(fixture)));
            Tokens whole = encoder.tokens("<anna> walks", 5);
            assertThat(whole.count()).isEqualTo(5);
            assertThat(whole.cutText()).isEmpty();
            assertThat(encoder.tokens("<anna> walks", 4).cutText()).isEqualTo("walks");
            Tokens part = encoder.tokens("<anna> walks", 3);
            assertThat(part.cutText()).isEqualTo("<anna> walks");
            assertThat(part.ids()).containsExactly(CONFIG.vocabSize(), CONFIG.vocabSize() + 1, T5Tokenizer.EOS);
            assertThat(encoder.tokens("A man <bob-2><anna> </s>", 4).cutText()).isEqualTo("<anna> </s>");
            assertThat(LongStream.of(encoder.tokens("<bob-2>", 3).ids()).toArray())
                    .containsExactly(CONFIG.vocabSize() + 3, T5Tokenizer.EOS, T5Tokenizer.PAD);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "a>b", "<a<b>", "<", "<pad>", "unk", "<extra_id_42>", "</s>", "s"})
    void badNamesAreRefused(String name) {
        assertThatThrownBy(() -> TokenEmbeddings.name(name))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("such as <anna>");
    }

    @Test
    void namesAreFoundInPrompts() {
        assertThat(TokenEmbeddings.name("anna")).isEqualTo("<anna>");
        assertThat(TokenEmbeddings.name("<cat-toy>")).isEqualTo("<cat-toy>");
        assertThat(TokenEmbeddings.unknownIn("<ana> and <anna>, <ana> <pad> 1 < 2 > 0 </s> <<bob>>", Set.of("<anna>")))
                .containsExactly("<ana>", "<bob>");
        assertThatThrownBy(() -> TokenEmbeddings.of(Map.of("anna", torch.zeros(1, 32))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("write <anna>");
    }

    @Test
    void vectorsOfAnotherWidthAreRefused() {
        try (Scope scope = Scope.inference()) {
            TokenEmbeddings wide = TokenEmbeddings.of(Map.of("<anna>", Ops.tensor(new float[33], 1, 33)));
            assertThatThrownBy(() -> plain.with(wide))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("<anna> has vectors of 33 numbers, the text encoder has 32");
        }
    }

    @Test
    void tokensOfWordsHaveAnOwner() {
        String text = "A woman in red's hair, and a man in a blue coat.";
        PromptEncoder.Owned woman = new PromptEncoder.Owned(0, 0, "A woman in red".length());
        int start = text.indexOf("a man");
        PromptEncoder.Owned man = new PromptEncoder.Owned(1, start, text.indexOf('.'));
        long[] owners = plain.owners(text, List.of(man, woman), 64);
        long[] all = plain.tokens(text, 64).ids();
        int before = plain.tokens(text.substring(0, start).strip(), 64).count() - 1;
        int with = plain.tokens(text.substring(0, text.indexOf('.')), 64).count() - 1;
        assertThat(owners).hasSize(64);
        for (int i = 0; i < owners.length; i++) {
            if (owners[i] == 1) {
                assertThat(i).isBetween(before, with - 1);
            } else if (owners[i] == 0) {
                assertThat(i).isLessThan(plain.tokens("A woman in red", 64).count());
            }
        }
        assertThat(owners).contains(0, 1);
        assertThat(owners[0]).isZero();
        assertThat(owners[before]).isEqualTo(1);
        assertThat(owners[plain.tokens(text, 64).count() - 1]).as("the end").isEqualTo(PromptEncoder.NOBODYS);
        assertThat(all).hasSize(64);
    }

    @Test
    void whatIsCutOffIsNobodys() {
        String text = "Someone else, and a man in a blue coat.";
        PromptEncoder.Owned man = new PromptEncoder.Owned(3, text.indexOf("a man"), text.length());
        assertThat(plain.owners(text, List.of(man), 4)).hasSize(4).containsOnly(PromptEncoder.NOBODYS);
        assertThat(plain.owners(text, List.of(), 4)).containsOnly(PromptEncoder.NOBODYS);
    }
}
