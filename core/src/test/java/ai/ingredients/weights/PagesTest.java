package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.nn.Blocks;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a mapped checkpoint is resident, by what the system says of the mapping itself. */
class PagesTest {
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");
    private static final int BLOCKS = 4;
    private static final long SIDE = 1024; // 4 MiB a block
    private static final long BLOCK = 4 * SIDE * SIDE;
    /** Pages at the edges that a neighbour shares. */
    private static final long EDGES = 1 << 18;

    @TempDir
    private Path folder;

    private Path checkpoint() {
        assumeTrue(Files.isReadable(MAPPINGS), "this system does not tell what is resident");
        Path file = folder.resolve("blocks.safetensors");
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(3);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (int i = 0; i < BLOCKS; i++) {
                tensors.put("blocks." + i + ".weight", torch.randn(SIDE, SIDE));
            }
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        return file;
    }

    /** Resident bytes of the mapping of {@code file}. */
    private static long resident(Path file) throws IOException {
        boolean inside = false;
        long sum = 0;
        for (String line : Files.readAllLines(MAPPINGS)) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                inside = line.endsWith(file.toRealPath().toString());
            } else if (inside && line.startsWith("Rss:")) {
                sum += Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return sum;
    }

    @Test
    void streamedBlocksLeaveNothingBehindAndSeeTheSameValues() throws IOException {
        Path file = checkpoint();
        try (Scope scope = Scope.inference();
                TensorStore store = SafetensorsFile.open(file);
                Weights weights = Weights.of(store, Compute.CPU_FP32)) {
            Blocks<Tensor> blocks = new Blocks<>(
                    weights.at("blocks"), BLOCKS, Residency.STREAMED, block -> block.tensor("weight", SIDE, SIDE));
            List<Double> sums = new ArrayList<>();
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < BLOCKS; i++) {
                    sums.add(blocks.with(i, block -> block.sum().item().toDouble()));
                    // the block itself is gone, the next one may be there, for its turn
                    assertThat(resident(file)).isLessThanOrEqualTo(BLOCK + EDGES * BLOCKS);
                }
            }
            assertThat(sums.subList(BLOCKS, 2 * BLOCKS)).isEqualTo(sums.subList(0, BLOCKS));
            for (int i = 0; i < BLOCKS; i++) {
                assertThat(store.get("blocks." + i + ".weight").sum().item().toDouble())
                        .isEqualTo(sums.get(i));
            }
        }
    }

    @Test
    void convertedWeightsAreNotResidentTwice() throws IOException {
        Path file = checkpoint();
        List<Long> told = new ArrayList<>();
        try (Scope scope = Scope.inference();
                TensorStore store = SafetensorsFile.open(file);
                Weights weights = Weights.eager(store, Compute.CPU_FP32.with(DType.BF16), told::add)) {
            for (int i = 0; i < BLOCKS; i++) {
                weights.at("blocks").at(i).tensor("weight", SIDE, SIDE);
            }
            assertThat(told).containsOnly(BLOCK).hasSize(BLOCKS);
            assertThat(resident(file)).isLessThan(BLOCK);
        }
    }

    /** Neither the file's pages nor anything wide stays beside the 8 bits: a quarter of fp32 and a scale per channel. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void matricesOfEightBitsAreNotResidentTwice(boolean eager) throws IOException {
        assumeTrue(NativeMemory.known(), "this C library does not tell");
        Path file = checkpoint();
        List<Weights> loaded = new ArrayList<>();
        try (TensorStore store = SafetensorsFile.open(file)) {
            long grown = NativeMemory.growth(9, () -> {
                try (Scope scope = Scope.inference()) {
                    Weights weights = (eager
                                    ? Weights.eager(store, Compute.CPU_FP32, bytes -> {})
                                    : Weights.of(store, Compute.CPU_FP32))
                            .withMatrices(WeightsDtype.INT8);
                    for (int i = 0; i < BLOCKS; i++) {
                        weights.at("blocks").at(i).matrix("weight", SIDE, SIDE);
                    }
                    loaded.add(weights);
                }
            });
            assertThat(resident(file)).isLessThan(BLOCK);
            long narrow = BLOCKS * (BLOCK / 4 + 4 * SIDE);
            // half a block is for the JVM's compiler: one matrix that stays wide would be four times as much
            assertThat(grown).isBetween(narrow - BLOCK / 2, narrow + BLOCK / 2);
            loaded.forEach(Weights::close);
        }
    }

    @Test
    void streamedMatricesOfEightBitsLeaveNothingBehind() throws IOException {
        Path file = checkpoint();
        try (Scope scope = Scope.inference();
                TensorStore store = SafetensorsFile.open(file);
                Weights weights = Weights.of(store, Compute.CPU_FP32).withMatrices(WeightsDtype.INT8)) {
            Blocks<Matrix> blocks = new Blocks<>(
                    weights.at("blocks"), BLOCKS, Residency.STREAMED, block -> block.matrix("weight", SIDE, SIDE));
            Matrix resident = weights.at("blocks").at(1).matrix("weight", SIDE, SIDE);
            for (int i = 0; i < 2 * BLOCKS; i++) {
                boolean same = blocks.with(i % BLOCKS, block -> torch.equal(block.values(), resident.values()));
                assertThat(same).isEqualTo(i % BLOCKS == 1);
                assertThat(resident(file)).isLessThanOrEqualTo(BLOCK + EDGES * BLOCKS);
            }
        }
    }

    @Test
    void eagerWeightsAreThereBeforeTheyAreUsed() throws IOException {
        Path file = checkpoint();
        try (Scope scope = Scope.inference();
                TensorStore store = SafetensorsFile.open(file);
                Weights weights = Weights.eager(store, Compute.CPU_FP32, bytes -> {})) {
            for (int i = 0; i < BLOCKS; i++) {
                weights.at("blocks").at(i).tensor("weight", SIDE, SIDE);
            }
            assertThat(resident(file)).isGreaterThanOrEqualTo(BLOCKS * BLOCK);
        }
    }

    @Test
    void anImaginedModelTellsNamesAndShapesAndTakesNoMemory() {
        try (Scope scope = Scope.inference();
                Weights weights = Weights.imagined(Compute.CPU_FP32.with(DType.BF16))) {
            Tensor huge = weights.at("layer").tensor("weight", 1L << 20, 1L << 20);
            weights.verify();
            assertThat(huge.is_meta()).isTrue();
            assertThat(weights.parameters()).containsOnlyKeys("layer.weight");
            assertThat(DType.of(huge)).isEqualTo(DType.BF16);
        }
    }
}
