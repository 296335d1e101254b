package ai.ingredients.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of learned words: ours, diffusers', A1111's, and those that are none. */
class LearnedWordTest {
    private static final T5Config CONFIG =
            T5Config.of(ConfigReader.of(Fixture.bundle().resolve("text_encoder/config.json")));

    @TempDir
    Path folder;

    private SafetensorsFile store;
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.inference();
        store = SafetensorsFile.open(Fixture.bundle().resolve("text_encoder/model.safetensors"));
    }

    @AfterEach
    void close() {
        store.close();
        scope.close();
    }

    private Tensor table() {
        return Objects.requireNonNull(T5Encoder.table(store));
    }

    private Path write(String file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        SafetensorsWriter.write(folder.resolve(file), tensors, metadata);
        return folder.resolve(file);
    }

    @Test
    void aWordComesBackAsItWasWritten() throws Exception {
        Tensor vectors = torch.randn(2, 32);
        LearnedWord.write(
                folder.resolve(LearnedWord.FILE), "<anna>", vectors, table(), Map.of(LearnedWord.INITIAL, "woman"));

        List<LearnedWord> words = LearnedWord.read(folder);

        assertThat(words).hasSize(1);
        LearnedWord word = words.getFirst();
        assertThat(word.name()).isEqualTo("<anna>");
        assertThat(word.vectors()).isEqualTo(2);
        assertThat(torch.equal(word.tensor(), vectors)).isTrue();
        assertThat(word.metadata()).containsEntry("name", "<anna>").containsEntry("initial", "woman");
        byte[] bytes = Files.readAllBytes(folder.resolve(LearnedWord.FILE));
        assertThat(word.sha256())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
        LearnedWord.check(words, CONFIG, table());
        // the same encoder in a dtype that rounds
        LearnedWord.check(words, CONFIG, table().to(DType.BF16.scalarType()));
    }

    @Test
    void otherFormsAreRead() {
        Tensor half = torch.randn(3, 32).to(DType.FP16.scalarType());
        List<LearnedWord> diffusers = LearnedWord.read(write("any.safetensors", Map.of("<cat-toy>", half), Map.of()));
        assertThat(diffusers.getFirst().name()).isEqualTo("<cat-toy>");
        assertThat(diffusers.getFirst().vectors()).isEqualTo(3);
        Fixture.assertClose("values", half, diffusers.getFirst().tensor(), 1e-7);

        Path one = write("one.safetensors", Map.of("sks", torch.randn(32)), Map.of());
        assertThat(LearnedWord.read(one).getFirst().toString()).startsWith("<sks> (1 x 32, ");

        Map<String, Tensor> parameters = Map.of("emb_params", torch.randn(4, 32));
        assertThat(LearnedWord.read(write("Ada-v2.safetensors", parameters, Map.of()))
                        .getFirst()
                        .name())
                .isEqualTo("<Ada-v2>");
        assertThat(LearnedWord.read(write("b.safetensors", parameters, Map.of("name", "carl")))
                        .getFirst()
                        .name())
                .isEqualTo("<carl>");

        Path two = write("two.safetensors", Map.of("<a>", torch.randn(1, 32), "<b>", torch.randn(2, 32)), Map.of());
        assertThat(LearnedWord.read(two)).extracting(LearnedWord::name).containsExactlyInAnyOrder("<a>", "<b>");
        LearnedWord.check(LearnedWord.read(two), CONFIG, table()); // says nothing of its encoder
    }

    private void refused(Path file, String... fragments) {
        assertThatThrownBy(() -> LearnedWord.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(file.toString())
                .message()
                .contains(fragments)
                .doesNotContain("\n");
    }

    @Test
    void whatIsNoSuchFileIsRefused() throws Exception {
        String form = "one floating-point tensor [vectors, width] for each word";
        refused(Fixture.bundle().resolve("transformer/diffusion_pytorch_model.safetensors"), form);
        refused(write("m.safetensors", Map.of("w", torch.randn(500, 32)), Map.of()), "w F32[500, 32]", form);
        refused(write("c.safetensors", Map.of("w", torch.randn(2, 3, 32)), Map.of()), "w F32[2, 3, 32]", form);
        refused(write("i.safetensors", Map.of("w", Ops.tensor(new long[32], 1, 32)), Map.of()), "w I64", form);
        refused(write("e.safetensors", Map.of(), Map.of()), "0 tensors", form);
        Tensor bad = Ops.scale(torch.ones(1, 32), Double.NaN);
        refused(write("n.safetensors", Map.of("<a>", bad), Map.of()), "<a> holds values that are no numbers");
        refused(write("p.safetensors", Map.of("<pad>", torch.ones(1, 32)), Map.of()), "<pad> means something to T5");
        refused(
                write("my word.safetensors", Map.of("emb_params", torch.ones(1, 32)), Map.of()),
                "\"my word\" cannot name a learned word",
                "rename it");
        refused(folder.resolve("nowhere.safetensors"), "no such file");
        refused(Files.writeString(folder.resolve("text.bin"), "hello"), "neither a safetensors file nor");
    }

    @Test
    void wordsThatDoNotFitAreRefused() {
        Path anna = folder.resolve("anna.safetensors");
        LearnedWord.write(
                anna, "<anna>", torch.randn(1, 32), table(), Map.of(LearnedWord.BASE_MODEL, "sampled-sha256:12"));
        List<LearnedWord> words = LearnedWord.read(anna);
        assertThatThrownBy(() -> LearnedWord.check(words, T5Config.xxl(), null))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(anna + ": <anna> has vectors of 32 numbers, this model's text encoder has 4096");
        assertThatThrownBy(() -> LearnedWord.check(words, CONFIG, torch.randn(912, 32)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(anna + ": <anna> was learned with another text encoder")
                .hasMessageContaining("sampled-sha256:12");
        // nearly the same encoder is another one
        assertThatThrownBy(() -> LearnedWord.check(words, CONFIG, Ops.scale(table(), 1.03)))
                .isInstanceOf(InvalidInputException.class);
        Path other = write("other.safetensors", Map.of("anna", torch.randn(1, 32)), Map.of());
        List<LearnedWord> both =
                List.of(words.getFirst(), LearnedWord.read(other).getFirst());
        assertThatThrownBy(() -> LearnedWord.check(both, CONFIG, table()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(other + ": names the word <anna>, and so does " + anna);
        Path told = write("told.safetensors", Map.of("<b>", torch.randn(1, 32)), Map.of("text_encoder", "1 2 x"));
        assertThatThrownBy(() -> LearnedWord.check(LearnedWord.read(told), CONFIG, table()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("told.safetensors");
    }
}
