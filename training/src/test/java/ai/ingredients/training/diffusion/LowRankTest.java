package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.training.diffusion.DiffusionSettings.LoraSettings;
import ai.ingredients.training.diffusion.TinyTraining.RandomStart;
import ai.ingredients.training.loop.Trainer;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.lora.Lora;
import ai.ingredients.weights.lora.LoraAdapters;
import ai.ingredients.weights.lora.LoraMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters whose gradients are those of the explicit formula, and which are all that moves. */
class LowRankTest {
    private static final String ATTENTION = "transformer_blocks\\..*\\.attn1\\.to_(q|k|v|out\\.0)\\.weight";
    private static final String DOWN = "layer.lora_A.weight";
    private static final String UP = "layer.lora_B.weight";

    @TempDir
    Path folder;

    private static Tensor get(Map<String, Tensor> tensors, String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    private static Map<String, Tensor> layer(ScalarType dtype) {
        Map<String, Tensor> layer = new LinkedHashMap<>();
        layer.put("layer.weight", TinyTraining.random("W", 5, 7).to(dtype));
        layer.put("layer.bias", TinyTraining.random("b", 5).to(dtype));
        layer.values().forEach(parameter -> parameter.set_requires_grad(true));
        return layer;
    }

    /** Something that is not linear in the weight, twice, as with accumulation. */
    private static void pullBack(Tensor weight) {
        for (String batch : List.of("one", "two")) {
            Tensor x = TinyTraining.random(batch, 4, 7).to(weight.scalar_type());
            Ops.linear(x, weight, null).tanh().square().sum().backward();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void gradientsAreThoseOfTheExplicitProduct(DType dtype) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> layer = layer(dtype.scalarType());
            try (LowRank lowRank = new LowRank(layer, new LoraSettings(3, 6, "layer\\..*", null), 1)) {
                assertEquals(Set.of(DOWN, UP), lowRank.parameters().keySet());
                Tensor down = get(lowRank.parameters(), DOWN);
                Tensor up = get(lowRank.parameters(), UP);
                Tensor base = get(layer, "layer.weight").detach().clone().to(ScalarType.Float);
                assertEquals(0, up.abs().sum().item().toDouble(), "adapters begin without effect");
                up.detach().copy_(TinyTraining.random("B", 5, 3));
                lowRank.apply();

                Tensor ownDown = down.detach().clone();
                Tensor ownUp = up.detach().clone();
                ownDown.set_requires_grad(true);
                ownUp.set_requires_grad(true);
                Tensor explicit = base.add(Ops.scale(ownUp.mm(ownDown), 2)).to(dtype.scalarType());
                double half = dtype == DType.FP32 ? 1e-6 : 2e-2;
                Fixture.assertClose("W", explicit.detach(), get(layer, "layer.weight"), 1e-6);
                pullBackExplicit(base, ownUp, ownDown, dtype);

                pullBack(get(layer, "layer.weight"));
                lowRank.gradients();
                Fixture.assertClose("∂A", ownDown.grad(), down.grad(), half);
                Fixture.assertClose("∂B", ownUp.grad(), up.grad(), half);
                assertEquals(DType.FP32, DType.of(down.grad()));
                assertFalse(get(layer, "layer.weight").grad().defined(), "the matrix's own gradient is dropped");
            }
        }
    }

    private static void pullBackExplicit(Tensor base, Tensor up, Tensor down, DType dtype) {
        for (String batch : List.of("one", "two")) {
            Tensor weight = base.add(Ops.scale(up.mm(down), 2)).to(dtype.scalarType());
            Tensor x = TinyTraining.random(batch, 4, 7).to(dtype.scalarType());
            Ops.linear(x, weight, null).tanh().square().sum().backward();
        }
    }

    private static LoraSettings attention(@Nullable Path start) {
        return new LoraSettings(2, 6, ATTENTION, start);
    }

    /** Trains adapters for some steps and exports them. */
    private Path trained(String name, DType precision, @Nullable Path start, int steps) throws IOException {
        Path exported = Files.createDirectory(folder.resolve(name));
        try (DiffusionStage stage = TinyTraining.stage(
                        folder.resolve("cache"), TinyTraining.settings(false, attention(start)), precision);
                Trainer<DiffusionStage.Samples> trainer =
                        new Trainer<>(stage, TinyTraining.trainer(10, precision, 0, 1, 0))) {
            for (int i = 0; i < steps; i++) {
                trainer.step(List.of(stage.batch(i)));
            }
            stage.export(exported, trainer.result());
        }
        return exported;
    }

    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void onlyAdaptersMoveAndTheMergedMatricesHoldThem(DType precision) throws IOException {
        Path exported = trained("exported", precision, null, 5);
        try (Scope scope = Scope.inference();
                RandomStart start = new RandomStart(TinyTraining.config(TinyTraining.model(2)));
                SafetensorsFile merged = SafetensorsFile.open(exported.resolve("diffusion_pytorch_model.safetensors"));
                SafetensorsFile adapters = SafetensorsFile.open(exported.resolve(LowRank.FILE))) {
            int matrices = 4 * TinyTraining.LAYERS;
            assertEquals(2 * matrices, adapters.names().size(), "A and B of four matrices in each block");
            int adapted = 0;
            for (var parameter : start.weights.parameters().entrySet()) {
                String name = parameter.getKey();
                Tensor base = parameter.getValue().detach(); // not rounded to the precision it computes in
                String module = "transformer." + name.replaceAll("\\.weight$", "");
                if (adapters.has(module + ".lora_A.weight")) {
                    Tensor product =
                            adapters.get(module + ".lora_B.weight").mm(adapters.get(module + ".lora_A.weight"));
                    assertThat(product.norm().item().toDouble()).isGreaterThan(1e-4);
                    Fixture.assertClose(name, base.add(product), merged.get(name), 1e-6);
                    adapted++;
                } else {
                    Fixture.assertClose(name, base, merged.get(name), 0);
                }
            }
            assertEquals(matrices, adapted);
            generationReads(exported, start, merged, matrices);
        }
    }

    /** What a generation makes of the adapters alone, which lie beside the merged weights, is what was merged. */
    private static void generationReads(Path exported, RandomStart start, SafetensorsFile merged, int matrices) {
        try (TensorStore base = TensorStore.of(start.weights.parameters(), "base");
                LoraAdapters adapters = LoraAdapters.open(List.of(new Lora(exported)), base);
                TensorStore adapted = adapters.over(base, LoraMode.MERGED)) {
            assertEquals(matrices, adapters.names().size());
            for (String name : adapted.names()) {
                Fixture.assertClose(name, merged.get(name), adapted.get(name), 1e-6);
            }
        }
    }

    @Test
    void writtenAdaptersAreReadBack() throws IOException {
        Path first = trained("first", DType.FP32, null, 4);
        Path again = trained("again", DType.FP32, first, 0);
        try (Scope scope = Scope.inference();
                SafetensorsFile expected = SafetensorsFile.open(first.resolve("diffusion_pytorch_model.safetensors"));
                SafetensorsFile actual = SafetensorsFile.open(again.resolve("diffusion_pytorch_model.safetensors"))) {
            for (String name : expected.names()) {
                Fixture.assertClose(name, expected.get(name), actual.get(name), 1e-6);
            }
        }
        LoraSettings wider = new LoraSettings(3, 6, ATTENTION, first);
        assertThatThrownBy(() ->
                        TinyTraining.stage(folder.resolve("cache"), TinyTraining.settings(false, wider), DType.FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("lora_A.weight is [2, 32], this run has [3, 32]");
    }

    @Test
    void aPatternThatMatchesNoMatrixIsToldSo() {
        LoraSettings nothing = new LoraSettings(2, 2, ".*norm_q.*", null);
        assertThatThrownBy(() ->
                        TinyTraining.stage(folder.resolve("cache"), TinyTraining.settings(false, nothing), DType.FP32))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("names look like transformer_blocks.0.attn1.to_q.weight");
    }
}
