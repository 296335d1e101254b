package ai.ingredients.transformer;

import static ai.ingredients.testing.Fixture.MODULE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import ai.ingredients.weights.lora.Lora;
import ai.ingredients.weights.lora.LoraAdapters;
import ai.ingredients.weights.lora.LoraMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Low-rank adapters: what the official loader makes of them, both ways of adding them, and what is refused. */
class LoraTest {
    private static final Path TINY_5B = Fixture.path("cogvideox_tiny_5b/transformer");
    private static final Path FILES = Fixture.path("lora");

    @TempDir
    Path folder;

    /** What {@code use} makes of the transformer in {@code model} with adapters. */
    private static Tensor with(
            Path model,
            List<Lora> loras,
            LoraMode mode,
            Residency residency,
            Compute compute,
            Function<VideoTransformer, Tensor> use) {
        try (Scope scope = Scope.inference();
                TensorStore base = Checkpoint.open(model);
                LoraAdapters adapters = LoraAdapters.open(loras, base);
                Weights weights = Weights.of(adapters.over(base, mode), compute);
                VideoTransformer transformer = VideoTransformer.load(weights, TinyModel.config(model), residency)) {
            return scope.keep(use.apply(transformer));
        }
    }

    private static Tensor predicted(Fixture fixture, VideoTransformer model) {
        return model.forward(
                        fixture.get("in_latents"),
                        fixture.get("in_text"),
                        fixture.get("in_timestep"),
                        TinyModel.rotary(fixture),
                        null,
                        new Options(Routing.REFERENCE, 1))
                .sample();
    }

    @ParameterizedTest
    @CsvSource({
        "out_diffusers_0.7, diffusers.safetensors:0.7",
        "out_plain_1, plain.safetensors",
        "out_both_0.7_-0.4, diffusers.safetensors:0.7 plain.safetensors:-0.4",
        "out_kohya_0.8, kohya.safetensors:0.8",
        "out_peft_1, peft",
        "out_base, diffusers.safetensors:0",
    })
    void asTheOfficialLoader(String expected, String files) {
        List<Lora> loras = new ArrayList<>();
        for (String file : files.split(" ")) {
            loras.add(Lora.parse(FILES.resolve(file).toString()));
        }
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("lora")) {
            for (LoraMode mode : List.of(LoraMode.MERGED, LoraMode.SIDE_BY_SIDE)) {
                for (Residency residency : Residency.values()) {
                    Tensor ours = with(TINY_5B, loras, mode, residency, Compute.CPU_FP32, m -> predicted(fixture, m));
                    fixture.check(expected, ours, MODULE);
                }
            }
            if (!expected.equals("out_base")) {
                double effect = Fixture.relativeError(fixture.get("out_base"), fixture.get(expected));
                assertTrue(effect > 0.01, "the adapters do something: " + effect);
            }
        }
    }

    /** Adapters of rank 2 for every layer of a model that has a matrix or filters, under names made by {@code naming}. */
    private Path everywhere(Path model, double size, Function<String, String> naming) {
        Path file = folder.resolve("everywhere.safetensors");
        try (Scope scope = Scope.inference();
                TensorStore base = Checkpoint.open(model)) {
            torch.manual_seed(11);
            Map<String, Tensor> adapters = new LinkedHashMap<>();
            for (String name : base.names()) {
                long[] shape = base.info(name).dimensions();
                if (name.endsWith(".weight") && shape.length >= 2) {
                    long[] down = shape.clone();
                    down[0] = 2;
                    long[] up = new long[shape.length];
                    java.util.Arrays.fill(up, 1);
                    up[0] = shape[0];
                    up[1] = 2;
                    String layer = naming.apply(name.substring(0, name.length() - ".weight".length()));
                    adapters.put(layer + ".lora_A.weight", Ops.scale(torch.randn(down), size));
                    adapters.put(layer + ".lora_B.weight", Ops.scale(torch.randn(up), size));
                }
            }
            SafetensorsWriter.write(file, adapters, Map.of());
        }
        return file;
    }

    /** Two people, so that the identity modules and the router take part. */
    private static Tensor withPeople(Fixture fixture, VideoTransformer model, Compute compute) {
        List<Tensor> hidden = new ArrayList<>();
        for (int scale = 0; scale < 5; scale++) {
            hidden.add(Ops.cat(0, fixture.get("in_vit_hidden_0_" + scale), fixture.get("in_vit_hidden_1_" + scale)));
        }
        Tensor idCond = Ops.cat(0, fixture.get("in_id_cond_0"), fixture.get("in_id_cond_1"));
        return model.forward(
                        compute.place(fixture.get("in_latents")),
                        compute.place(fixture.get("in_text")),
                        fixture.get("in_timestep"),
                        TinyModel.rotary(fixture),
                        model.prepare(idCond, hidden),
                        new Options(Routing.REFERENCE, 1))
                .sample()
                .to(ScalarType.Float);
    }

    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void mergedEqualsSideBySideInEveryLayer(DType dtype) {
        Compute compute = Compute.CPU_FP32.with(dtype);
        Path model = Fixture.bundle().resolve("transformer");
        Path file = everywhere(model, 0.1, layer -> "transformer." + layer);
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids")) {
            Tensor merged = with(
                    model,
                    List.of(new Lora(file, 0.5)),
                    LoraMode.MERGED,
                    Residency.RESIDENT,
                    compute,
                    m -> withPeople(fixture, m, compute));
            Tensor beside = with(
                    model,
                    List.of(new Lora(file, 0.5)),
                    LoraMode.SIDE_BY_SIDE,
                    Residency.STREAMED,
                    compute,
                    m -> withPeople(fixture, m, compute));
            double effect = Fixture.relativeError(fixture.get("out_sample"), merged);
            double rounding = Fixture.relativeError(merged, beside);
            assertTrue(effect > 0.01, "the adapters do something: " + effect);
            // A sum that is rounded once, or a weight and what is added to it each by themselves: 2⁻⁹ for bf16, in some
            // forty layers one after another.
            assertTrue(rounding <= (dtype == DType.FP32 ? MODULE : 40 * 0x1p-9), "difference " + rounding);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "diffusion_model.", "base_model.model.", "base_model.model.transformer."})
    void namesOfOtherProgramsMeanTheSame(String wrapper) {
        Path file = everywhere(TINY_5B, 0.1, layer -> wrapper + layer);
        try (TensorStore base = Checkpoint.open(TINY_5B);
                LoraAdapters adapters = LoraAdapters.open(List.of(new Lora(file)), base)) {
            assertThat(adapters.names())
                    .contains("patch_embed.proj.weight", "transformer_blocks.1.ff.net.0.proj.weight")
                    .hasSize(22);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MERGED", "SIDE_BY_SIDE"})
    void nativeMemoryIsFlat(LoraMode mode) {
        assumeTrue(NativeMemory.known(), "this C library does not tell how much it has allocated");
        List<Lora> loras = List.of(new Lora(FILES.resolve("diffusers.safetensors")));
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("lora")) {
            Runnable work =
                    () -> with(TINY_5B, loras, mode, Residency.STREAMED, Compute.CPU_FP32, m -> predicted(fixture, m))
                            .close();
            work.run();
            long grown = NativeMemory.leak(() -> {
                for (int i = 0; i < 5; i++) {
                    work.run();
                }
            });
            // One lost matrix of a feed-forward layer would be 16 KiB a pass.
            assertTrue(grown < 64 << 10, "live native memory grows by " + (grown >> 10) + " KiB in five passes");
        }
    }

    /** One tensor more or other than in a file that fits. */
    private Path changed(String name, Tensor value) {
        Path file = folder.resolve("changed.safetensors");
        try (TensorStore fitting = Checkpoint.open(FILES.resolve("plain.safetensors"))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            fitting.names().forEach(known -> tensors.put(known, fitting.get(known)));
            tensors.put(name, value);
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        return file;
    }

    private static void refused(Path model, Path file, String... parts) {
        assertThatThrownBy(() -> {
                    try (Scope scope = Scope.inference();
                            TensorStore base = Checkpoint.open(model);
                            LoraAdapters adapters = LoraAdapters.open(List.of(new Lora(file)), base)) {
                        adapters.names().forEach(adapters.over(base, LoraMode.MERGED)::get);
                    }
                })
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContainingAll(parts)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void adaptersOfAnotherModelAreRefusedWithWhatFits() {
        Path other = everywhere(Fixture.bundle().resolve("transformer"), 1, layer -> "transformer." + layer);
        refused(TINY_5B, other, "are not in this model (", "to_q [32, 32], in a model of 2 blocks");
        refused(
                Fixture.bundle().resolve("transformer"),
                FILES.resolve("plain.safetensors"),
                "8 of its 8 layers have another shape than this model's (transformer_blocks.0.attn1.to_",
                "[32, 32], here [96, 96]",
                "what fits are adapters of layers such as transformer_blocks.0.attn1.to_q [96, 96]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "transformer.single_blocks.0.linear.lora_A.weight | there is | but no lora_B (or lora_up)",
                "text_encoder.block.0.q.weight | is no part of a low-rank adapter | expected names such as",
                "transformer.transformer_blocks.0.attn1.to_q.lora_magnitude_vector | weight-decomposed (DoRA) | lora_A",
                "transformer.transformer_blocks.0.attn1.to_q.lora_A.second.weight | has both | of two adapters",
                "lora_unet_blocks_0.hada_w1_a | Hadamard products (LoHa) | take low-rank ones",
                "transformer.transformer_blocks.0.attn1.to_q.lora.up.weight | which cannot be multiplied | [rank, in]",
                "transformer.transformer_blocks.0.attn1.to_q.alpha | is F32[4, 32] | expected one number",
            })
    void whatIsNoAdapterIsRefused(String name, String found, String expected) {
        try (Scope scope = Scope.inference()) {
            refused(TINY_5B, changed(name, torch.ones(4, 32)), found, expected);
        }
    }

    @Test
    void adaptersOfATextEncoderAreRefused() {
        String layer = "text_encoder.encoder.block.0.layer.0.SelfAttention.q";
        try (Scope scope = Scope.inference()) {
            Path half = changed(layer + ".lora_A.weight", torch.ones(4, 32));
            Path file = folder.resolve("text.safetensors");
            try (TensorStore stored = Checkpoint.open(half)) {
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                stored.names().forEach(name -> tensors.put(name, stored.get(name)));
                tensors.put(layer + ".lora_B.weight", torch.ones(32, 4));
                SafetensorsWriter.write(file, tensors, Map.of());
            }
            refused(TINY_5B, file, "1 of its 9 layers are a text encoder's (" + layer, "video transformer only");
        }
    }

    @Test
    void damagedValuesAndConfigsAreRefused() throws IOException {
        try (Scope scope = Scope.inference()) {
            Tensor endless = torch.ones(4, 32).div(torch.zeros(1));
            refused(
                    TINY_5B,
                    changed("transformer.transformer_blocks.0.attn1.to_q.lora.down.weight", endless),
                    "transformer.transformer_blocks.0.attn1.to_q holds values that are no numbers");
        }
        Path peft = Files.createDirectory(folder.resolve("peft"));
        refused(TINY_5B, peft, "holds no adapters; expected one of pytorch_lora_weights.safetensors");
        Files.copy(FILES.resolve("peft/adapter_model.safetensors"), peft.resolve("adapter_model.safetensors"));
        Files.writeString(peft.resolve("adapter_config.json"), "{\"alpha_pattern\": {\"to_(q|k)\": 3}}");
        refused(TINY_5B, peft, "adapter_config.json: alpha_pattern has the expression to_(q|k)", "layers' names");
        Files.writeString(peft.resolve("adapter_config.json"), "{\"lora_alpha\": \"many\"}");
        refused(TINY_5B, peft, "lora_alpha is \"many\", expected a number");
    }

    @Test
    void aScaleStandsBehindTheLastColon() throws IOException {
        Path file = Files.createFile(folder.resolve("a:1"));
        assertEquals(new Lora(file, 1), Lora.parse(file.toString()));
        assertEquals(new Lora(file, -0.5), Lora.parse(file + ":-0.5"));
        assertEquals(new Lora(Path.of("b.safetensors"), 2), Lora.parse("b.safetensors:2"));
        assertEquals(new Lora(Path.of("C:\\b.safetensors"), 1), Lora.parse("C:\\b.safetensors"));
        assertThatThrownBy(() -> Lora.parse(file + ":strong"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("the scale \"strong\" is no number; write FILE:0.8");
        assertThatThrownBy(() -> Lora.parse("b.safetensors:NaN")).hasMessageContaining("1 is usual");
    }
}
