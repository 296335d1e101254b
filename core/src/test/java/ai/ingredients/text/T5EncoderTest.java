package ai.ingredients.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The encoder against the official prompt embeddings: fixtures {@code t5}, {@code t5_short}, {@code t5_short_bf16}, {@code t5_gradients}. */
class T5EncoderTest {
    private static final Path FOLDER = Fixture.bundle().resolve("text_encoder");
    private static final T5Config CONFIG = T5Config.of(ConfigReader.of(FOLDER.resolve("config.json")));
    /** Two blocks in bf16, whose eps is 2⁻⁸: the official bf16 run is 1.06 % away from fp32 by itself. */
    private static final double BF16 = 2 * 0x1p-8;

    private SafetensorsFile store;

    @BeforeEach
    void open() {
        store = SafetensorsFile.open(FOLDER.resolve("model.safetensors"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5", "t5_short"})
    void embeddingsEqualTheOfficialOnes(String name) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(name);
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            T5Encoder encoder = new T5Encoder(CONFIG, weights, Residency.RESIDENT);
            weights.verify();
            fixture.check("out_prompt_embeds", encoder.forward(fixture.get("out_input_ids")), Fixture.MODULE);
        }
    }

    @Test
    void bf16IsAsCloseAsItsRounding() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("t5_short_bf16");
                Weights weights = Weights.of(store, Compute.CPU_FP32.with(DType.BF16))) {
            Tensor embeddings = new T5Encoder(CONFIG, weights, Residency.RESIDENT).forward(fixture.get("in_input_ids"));
            assertThat(DType.of(embeddings)).isEqualTo(DType.BF16);
            fixture.check("out_prompt_embeds", embeddings, BF16);
        }
    }

    @Test
    void fp16KeepsTheOutputProjectionsInFp32() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("t5_short_fp16");
                Weights weights = Weights.of(store, Compute.CPU_FP32.with(DType.FP16))) {
            T5Encoder encoder = new T5Encoder(CONFIG, weights, Residency.RESIDENT);
            weights.verify();
            assertThat(weights.parameters().entrySet().stream()
                            .filter(parameter -> DType.of(parameter.getValue()) == DType.FP32)
                            .map(parameter -> parameter.getKey().replaceAll("\\d+", "#"))
                            .collect(Collectors.toSet()))
                    .containsExactly("encoder.block.#.layer.#.DenseReluDense.wo.weight");
            Tensor embeddings = encoder.forward(fixture.get("in_input_ids"));
            assertThat(DType.of(embeddings)).isEqualTo(DType.FP16);
            fixture.check("out_prompt_embeds", embeddings, 2 * 0x1p-11);
        }
    }

    @Test
    void gradientsReachLearnedEmbeddings() {
        try (Scope scope = Scope.open();
                Fixture fixture = Fixture.open("t5_short");
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            T5Encoder encoder = new T5Encoder(CONFIG, weights, Residency.RESIDENT);
            Tensor learned = encoder.embed(fixture.get("out_input_ids")).clone().detach();
            learned.set_requires_grad(true);
            encoder.encode(learned).square().sum().backward();
            Tensor gradient = learned.grad();
            assertThat(Ops.shape(gradient)).isEqualTo(Ops.shape(learned));
            assertThat(gradient.abs().sum().item().toDouble()).isPositive().isFinite();
        }
    }

    /** Loss: the mean of the squared outputs, each weighted by its place, 0.5 for the first to 1.5 for the last. */
    @Test
    void gradientsOfAllParametersEqualTheOfficialOnes() {
        try (Scope scope = Scope.open();
                Fixture fixture = Fixture.open("t5_gradients");
                Weights weights = Weights.trainable(store, Compute.CPU_FP32)) {
            Tensor outputs = new T5Encoder(CONFIG, weights, Residency.RESIDENT).forward(fixture.get("in_ids"));
            Tensor places = torch.linspace(new Scalar(0.5), new Scalar(1.5), CONFIG.dModel());
            Tensor loss = outputs.square().mul(places).mean();
            loss.backward();
            fixture.check("out_loss", loss.reshape(1), Fixture.MODULE);
            int compared = 0;
            for (var parameter : weights.parameters().entrySet()) {
                Tensor gradient = parameter.getValue().grad();
                if (parameter.getKey().equals("shared.weight")) {
                    gradient = gradient.index_select(0, fixture.get("in_rows"));
                }
                fixture.check("out_grad." + parameter.getKey(), gradient, Fixture.MODULE);
                compared++;
            }
            assertThat(compared).isEqualTo(fixture.names().size() - 4);
        }
    }

    @Test
    void theEmbeddingMayBeSavedUnderEitherName(@TempDir Path folder) throws IOException {
        byte[] file = Files.readAllBytes(FOLDER.resolve("model.safetensors"));
        int header = (int) file[0] & 0xff | ((int) file[1] & 0xff) << 8 | ((int) file[2] & 0xff) << 16;
        String names = new String(file, 8, header, StandardCharsets.UTF_8);
        String renamed = names.replace("\"shared.weight\"", "\"encoder.embed_tokens.weight\"");
        byte[] text = renamed.getBytes(StandardCharsets.UTF_8);
        ByteBuffer copy = ByteBuffer.allocate(8 + text.length + file.length - 8 - header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .put(file, 8 + header, file.length - 8 - header);
        Path other = Files.write(folder.resolve("model.safetensors"), copy.array());
        try (Scope scope = Scope.inference();
                SafetensorsFile tied = SafetensorsFile.open(other);
                Weights expected = Weights.of(store, Compute.CPU_FP32);
                Weights actual = Weights.of(tied, Compute.CPU_FP32)) {
            Tensor ids = Ops.tensor(new long[] {5, 6, 1, 0}, 1, 4);
            T5Encoder encoder = new T5Encoder(CONFIG, actual, Residency.RESIDENT);
            actual.verify();
            assertThat(torch.equal(
                            new T5Encoder(CONFIG, expected, Residency.RESIDENT).forward(ids), encoder.forward(ids)))
                    .isTrue();
        }
    }

    @Test
    void theReleasedEncoderHasTheseNames() throws IOException {
        try (Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            new T5Encoder(CONFIG, weights, Residency.RESIDENT);
            var ours = weights.parameters().keySet().stream()
                    .map(name -> name.replaceAll("block\\.\\d+", "block.#"))
                    .collect(Collectors.toSet());
            var released = Files.readAllLines(Fixture.path("t5_keys.txt")).stream()
                    .map(line -> line.split("\\s+")[0])
                    .filter(name -> !name.isBlank() && !name.startsWith("#"))
                    .filter(name -> !name.equals("encoder.embed_tokens.weight"))
                    .map(name -> name.replaceAll("block\\.\\d+", "block.#"))
                    .collect(Collectors.toSet());
            assertThat(ours).isEqualTo(released);
        }
    }

    @Test
    void aBadConfigIsNamed(@TempDir Path folder) throws IOException {
        String good = Files.readString(FOLDER.resolve("config.json"));
        Path file = folder.resolve("config.json");
        Files.writeString(file, good.replace("gated-gelu", "relu"));
        assertThatThrownBy(() -> T5Config.of(ConfigReader.of(file)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("config.json: feed_forward_proj is \"relu\"");
        Files.writeString(file, good.replace("\"d_model\": 32", "\"d_model\": -3"));
        assertThatThrownBy(() -> T5Config.of(ConfigReader.of(file))).hasMessageContaining("d_model is -3");
        Files.writeString(file, good.replace("\"d_kv\": 8,", ""));
        assertThatThrownBy(() -> T5Config.of(ConfigReader.of(file))).hasMessageContaining("has no \"d_kv\"");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> T5Config.of(ConfigReader.of(file)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("is not valid JSON");
        assertThat(T5Config.xxl().dModel()).isEqualTo(4096);
    }

    @Test
    void fp16SumsThatOverflowStayFinite() {
        try (Scope scope = Scope.inference();
                Weights weights = Weights.trainable(store, Compute.CPU_FP32.with(DType.FP16))) {
            T5Encoder encoder = new T5Encoder(CONFIG, weights, Residency.RESIDENT);
            long inner = CONFIG.numHeads() * CONFIG.dKv();
            String attention = "encoder.block.0.layer.0.SelfAttention.";
            weights.tensor(attention + "v.weight", inner, CONFIG.dModel()).mul_(new Scalar(1000));
            weights.tensor(attention + "o.weight", CONFIG.dModel(), inner).mul_(new Scalar(20_000));
            Tensor embeddings = encoder.forward(Ops.tensor(new long[] {5, 6, 1, 0}, 1, 4));
            assertThat(embeddings.isfinite().all().item().toBool()).isTrue();
        }
    }
}
