package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Strict loading, zero copy, ownership. */
class WeightsTest {
    private static final Compute BF16 = Compute.CPU_FP32.with(DType.BF16);

    @TempDir
    Path folder;

    private SafetensorsFile store;

    @BeforeEach
    void write() {
        Path file = folder.resolve("w.safetensors");
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("fc.weight", Ops.tensor(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
            tensors.put("fc.bias", Ops.tensor(new float[] {7, 8}, 2));
            tensors.put("bn.num_batches_tracked", Ops.tensor(new long[] {5}));
            tensors.put("bn.empty", Ops.tensor(new float[0], 0, 2));
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        store = SafetensorsFile.open(file);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void everythingThatDoesNotFitIsToldAtOnce() {
        try (Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            weights.at("fc").tensor("weight", 3, 2);
            weights.at("fc").tensor("scale", 2);
            weights.at("bn").tensor("num_batches_tracked");
            assertThatThrownBy(weights::verify)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(store.source() + ": the weights do not fit the model's config: "
                            + "1 missing: fc.scale [2]; "
                            + "1 wrong shape: fc.weight is [2, 3], the model needs [3, 2]; "
                            + "1 wrong dtype: bn.num_batches_tracked is I64, the model needs floating point; "
                            + "2 unexpected: fc.bias [2], bn.empty [0, 2]. "
                            + "Check that config.json and the weights belong together");
        }
    }

    @Test
    void aTypeThatNobodyKnowsIsNamed() {
        String header = RawSafetensors.header(
                RawSafetensors.entry("fc.weight", "F4", "[2,3]", 0, 3),
                RawSafetensors.entry("fc.b", "F32", "[1]", 3, 7));
        Path file = RawSafetensors.write(folder.resolve("f4.safetensors"), header, new byte[7]);
        try (TensorStore odd = SafetensorsFile.open(file);
                Weights weights = Weights.of(odd, Compute.CPU_FP32)) {
            weights.at("fc").tensor("weight", 2, 3);
            weights.at("fc").tensor("b", 1);
            assertThatThrownBy(weights::verify)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("1 wrong dtype: fc.weight is F4, the model needs floating point");
        }
        Path pickle = Path.of("src/test/resources/cases/odd-tensors.pt");
        try (TensorStore odd = Checkpoint.open(pickle);
                Weights weights = Weights.of(odd, Compute.CPU_FP32)) {
            weights.tensor("q", 4);
            assertThatThrownBy(weights::verify)
                    .hasMessageContaining("1 wrong dtype: q is quantised, sparse, nested or without values");
        }
    }

    @Test
    void manyProblemsAreCounted() {
        try (Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            for (int i = 0; i < 100; i++) {
                weights.at("blocks").at(i).tensor("w", 100_000, 1_000_000); // 40 TB if it were allocated
            }
            assertThatThrownBy(weights::verify)
                    .hasMessageContaining("100 missing: blocks.0.w [100000, 1000000], ")
                    .hasMessageContaining("blocks.7.w [100000, 1000000] and 92 more; 4 unexpected");
        }
    }

    @Test
    void aCompleteModelPasses() {
        try (Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            Weights fc = weights.at("fc");
            assertSame(fc.tensor("weight", 2, 3), weights.tensor("fc.weight", 2, 3));
            fc.tensor("bias", 2);
            assertThatCode(fc::verify).doesNotThrowAnyException();
            assertThrows(InvalidInputException.class, weights::verify);
            weights.at("bn").ignore("num_batches_tracked");
            weights.at("bn").ignore(name -> name.startsWith("em"));
            assertThatCode(weights::verify).doesNotThrowAnyException();
            assertThat(weights.parameters().keySet()).containsExactly("fc.weight", "fc.bias");
            assertThat(Ops.floats(fc.tensor("bias", 2))).containsExactly(7, 8);
            fc.tensor("bias", 1);
            assertThatThrownBy(weights::verify).hasMessageContaining("fc.bias is needed as [2] and as [1]");
            assertThrows(IllegalStateException.class, () -> fc.in(DType.FP16).tensor("bias", 2));
        }
    }

    @Test
    void nothingIsCopiedWhereNothingChanges() {
        try (Weights same = Weights.of(store, Compute.CPU_FP32);
                Weights half = Weights.of(store, BF16);
                Weights trained = Weights.trainable(store, Compute.CPU_FP32);
                Scope scope = Scope.inference()) {
            long mapped = store.get("fc.weight").data_ptr().address();
            assertEquals(mapped, same.tensor("fc.weight", 2, 3).data_ptr().address());
            assertFalse(same.tensor("fc.weight", 2, 3).requires_grad());
            Tensor converted = half.tensor("fc.weight", 2, 3);
            assertNotEquals(mapped, converted.data_ptr().address());
            assertEquals(DType.BF16, DType.of(converted));
            assertThat(Ops.floats(converted)).containsExactly(1, 2, 3, 4, 5, 6);
            Tensor own = trained.tensor("fc.weight", 2, 3);
            assertNotEquals(mapped, own.data_ptr().address());
            assertTrue(own.requires_grad() && own.is_leaf());
            own.detach().zero_(); // would end the process if it were the mapping
            assertThat(Ops.floats(store.get("fc.weight"))).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void tablesKeepTheirType() {
        try (Weights weights = Weights.trainable(store, BF16)) {
            Tensor count = weights.stored("bn.num_batches_tracked");
            assertEquals(DType.INT64, DType.of(count));
            assertEquals(5, count.item().toLong());
            assertFalse(count.requires_grad());
            assertEquals(DType.FP32, DType.of(weights.stored("fc.bias", 2)));
            assertEquals(0, weights.tensor("bn.empty", 0, 2).numel());
        }
    }

    @Test
    void aModelGetsContiguousTensors() {
        try (Scope scope = Scope.inference()) {
            TensorStore transposed = TensorStore.of(
                    Map.of("w", Ops.tensor(new float[] {1, 2, 3, 4}, 2, 2).t()), "memory");
            try (Weights weights = Weights.of(transposed, Compute.CPU_FP32)) {
                Tensor w = weights.tensor("w", 2, 2);
                assertTrue(w.is_contiguous());
                assertThat(Ops.floats(w)).containsExactly(1, 3, 2, 4);
            }
        }
    }

    @Test
    void checkingTakesNoMemoryAndReportsToTheOwner() {
        try (Weights weights = Weights.of(store, Compute.CPU_FP32);
                Weights check = weights.check()) {
            assertTrue(check.tensor("fc.weight", 2, 3).is_meta());
            check.tensor("fc.gone", 2);
            assertThatThrownBy(weights::verify).hasMessageContaining("1 missing: fc.gone [2]; 3 unexpected: fc.bias");
        }
    }

    @Test
    void aLeaseOwnsWhatItTookAndNothingElse() {
        try (Weights weights = Weights.of(store, BF16)) {
            Tensor kept = weights.tensor("fc.weight", 2, 3);
            Tensor leased;
            try (Weights lease = weights.lease()) {
                leased = lease.at("fc").tensor("bias", 2);
                assertThat(lease.parameters().keySet()).containsExactly("fc.bias");
                assertNotEquals(kept, lease.tensor("fc.weight", 2, 3));
            }
            assertTrue(leased.isNull(), "still alive after its lease");
            assertFalse(kept.isNull(), "freed by somebody else's lease");
            assertThat(weights.parameters().keySet()).containsExactly("fc.weight");
            weights.ignore(name -> name.startsWith("bn."));
            assertThatCode(weights::verify).doesNotThrowAnyException(); // the lease's names count as used
        }
    }

    @Test
    void tensorsOutliveScopesAndMemoryIsGivenBack() {
        Path file = folder.resolve("large.safetensors");
        try (Scope scope = Scope.inference()) {
            Tensor large = torch.zeros(4L << 20).to(ScalarType.BFloat16); // 16 MB as fp32
            SafetensorsWriter.write(file, Map.of("a", large, "b", large), Map.of());
        }
        long memory = 0;
        for (int round = 0; round < 40; round++) {
            try (TensorStore large = Checkpoint.open(file);
                    Weights weights = Weights.of(large, Compute.CPU_FP32)) {
                Tensor a;
                try (Scope scope = Scope.open()) {
                    a = weights.tensor("a", 4 << 20);
                    weights.tensor("b", 4 << 20);
                }
                assertEquals(4 << 20, a.numel());
            }
            if (round == 4) {
                memory = Pointer.physicalBytes();
            }
        }
        long grown = Pointer.physicalBytes() - memory;
        assertTrue(grown < 100L << 20, grown + " bytes were not given back"); // 35 rounds of 32 MB are 1.1 GB
        OpenFiles.assertNone(folder.resolve("large.safetensors"));
    }
}
