package ai.ingredients.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.SafetensorsWriter;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import ai.ingredients.weights.WeightsDtype;
import ai.ingredients.weights.lora.Lora;
import ai.ingredients.weights.lora.LoraAdapters;
import ai.ingredients.weights.lora.LoraMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The transformer with the matrices of its blocks in 8 bits: which they are, what it predicts, and what they take. */
class Int8TransformerTest {
    private static final Path FOLDER = Fixture.bundle().resolve("transformer");

    private static Tensor predicted(TensorStore store, Residency residency, Compute compute, WeightsDtype kept) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("transformer_forward_2ids");
                Weights weights = Weights.of(store, compute);
                VideoTransformer model = VideoTransformer.load(weights, TinyModel.config(FOLDER), residency, kept)) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(
                        Ops.cat(0, fixture.get("in_vit_hidden_0_" + scale), fixture.get("in_vit_hidden_1_" + scale)));
            }
            Tensor idCond = Ops.cat(0, fixture.get("in_id_cond_0"), fixture.get("in_id_cond_1"));
            return scope.keep(model.forward(
                            compute.place(fixture.get("in_latents")),
                            compute.place(fixture.get("in_text")),
                            fixture.get("in_timestep"),
                            TinyModel.rotary(fixture),
                            model.prepare(idCond, hidden),
                            new VideoTransformer.Options(Routing.REFERENCE, 1))
                    .sample());
        }
    }

    private static Tensor predicted(Residency residency, Compute compute, WeightsDtype kept) {
        try (TensorStore store = Checkpoint.open(FOLDER)) {
            return predicted(store, residency, compute, kept);
        }
    }

    /** Half a step in each of some ten products of random weights one behind another: about a percent in all. */
    @Test
    void thePredictionIsNearlyTheOneBefore() {
        try (Scope scope = Scope.inference()) {
            Tensor plain = predicted(Residency.RESIDENT, Compute.CPU_FP32, WeightsDtype.SAME);
            Tensor small = predicted(Residency.RESIDENT, Compute.CPU_FP32, WeightsDtype.INT8);
            assertThat(Fixture.relativeError(plain, small)).isBetween(1e-4, 0.02);
            Compute half = Compute.CPU_FP32.with(DType.BF16);
            assertThat(Fixture.relativeError(plain, predicted(Residency.RESIDENT, half, WeightsDtype.INT8)))
                    .isBetween(1e-4, 0.04);
        }
    }

    @Test
    void streamedBlocksHaveTheSameBits() {
        try (Scope scope = Scope.inference()) {
            for (DType dtype : List.of(DType.FP32, DType.BF16)) {
                Compute compute = Compute.CPU_FP32.with(dtype);
                Tensor resident = predicted(Residency.RESIDENT, compute, WeightsDtype.INT8);
                assertTrue(
                        torch.equal(resident, predicted(Residency.STREAMED, compute, WeightsDtype.INT8)),
                        dtype.toString());
            }
        }
    }

    /** The names by which memory is planned are those of the tensors that are kept so, and of nothing else. */
    @Test
    void theMatricesOfBlocksAndIdentityAttentionAreKeptSmall() {
        try (Scope scope = Scope.inference();
                TensorStore store = Checkpoint.open(FOLDER);
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(
                        weights, TinyModel.config(FOLDER), Residency.RESIDENT, WeightsDtype.INT8)) {
            Set<String> small = weights.parameters().entrySet().stream()
                    .filter(entry -> DType.of(entry.getValue()) == DType.INT8)
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            Set<String> named = store.names().stream()
                    .filter(name -> VideoTransformer.keptOtherwise(name, store.info(name)))
                    .collect(Collectors.toSet());
            assertThat(small).isEqualTo(named);
            assertThat(small)
                    .contains(
                            "transformer_blocks.0.attn1.to_q.weight",
                            "transformer_blocks.1.norm1.linear.weight",
                            "transformer_blocks.1.ff.net.2.weight",
                            "perceiver_cross_attention.0.to_q.weight")
                    .noneMatch(name -> name.startsWith("router") || name.startsWith("local_facial_extractor"));
            assertThat(model.config()).isNotNull();
        }
    }

    /** What is not multiplied by every token weighs little: all of a published model in 8 bits is half of it in bf16. */
    @Test
    void aPublishedModelIsHalfAsLarge() {
        TransformerConfig config = TransformerConfig.cogVideoX5bI2v();
        Compute half = Compute.CPU_FP32.with(DType.BF16);
        assertThat(bytes(config, half, WeightsDtype.INT8) / (double) bytes(config, half, WeightsDtype.SAME))
                .isBetween(0.5, 0.51);
    }

    private static long bytes(TransformerConfig config, Compute compute, WeightsDtype kept) {
        try (Scope scope = Scope.inference();
                Weights weights = Weights.imagined(compute);
                VideoTransformer model = VideoTransformer.load(weights, config, Residency.RESIDENT, kept)) {
            assertThat(model.config()).isEqualTo(config);
            return weights.parameters().values().stream()
                    .mapToLong(tensor -> tensor.numel() * DType.of(tensor).bytes()
                            + (DType.of(tensor) == DType.INT8 ? 4 * tensor.size(0) : 0))
                    .sum();
        }
    }

    /** Beside the 8 bits an adapter is what it was; merged it is rounded with them, so both are within that of one another. */
    @Test
    void adaptersStandBesideOrAreMergedBeforeTheRounding(@TempDir Path folder) {
        Path file = folder.resolve("adapter.safetensors");
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(8);
            long dim = TinyModel.config(FOLDER).innerDim();
            String layer = "transformer_blocks.0.attn1.to_v";
            SafetensorsWriter.write(
                    file,
                    Map.of(
                            layer + ".lora_A.weight", torch.randn(2, dim),
                            layer + ".lora_B.weight", torch.randn(dim, 2)),
                    Map.of());
            Tensor exact = withAdapter(file, LoraMode.MERGED, WeightsDtype.SAME);
            Tensor base = predicted(Residency.RESIDENT, Compute.CPU_FP32, WeightsDtype.SAME);
            double effect = Fixture.relativeError(base, exact);
            for (LoraMode mode : List.of(LoraMode.MERGED, LoraMode.SIDE_BY_SIDE)) {
                double error = Fixture.relativeError(exact, withAdapter(file, mode, WeightsDtype.INT8));
                assertThat(error).as(mode.toString()).isBetween(1e-4, 0.02).isLessThan(effect / 2);
            }
        }
    }

    private static Tensor withAdapter(Path file, LoraMode mode, WeightsDtype kept) {
        try (TensorStore base = Checkpoint.open(FOLDER);
                LoraAdapters adapters = LoraAdapters.open(List.of(new Lora(file, 1)), base)) {
            return predicted(adapters.over(base, mode), Residency.RESIDENT, Compute.CPU_FP32, kept);
        }
    }
}
