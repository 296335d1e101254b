package ai.ingredients.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Blocks;
import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.FakeLane;
import ai.ingredients.tensor.FakeLane.Pace;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.NativeMemory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks that are copied ahead to a device, on one that is not there: values, order, memory. */
class DeviceFeedTest {
    private static final int BLOCKS = 5;
    private static final long SIDE = 129; // odd, so that tensors do not end where the next one begins
    private static final Map<String, Tensor> STORED = new LinkedHashMap<>();

    /** What a block computes with. */
    private record Parts(Tensor weight, Tensor again, Tensor precise, Tensor empty) {
        static Parts of(Weights block) {
            return new Parts(
                    block.tensor("weight", SIDE, SIDE),
                    block.tensor("weight", SIDE, SIDE), // two layers may share one
                    block.in(DType.FP32).tensor("precise", SIDE),
                    block.tensor("empty", 0, SIDE));
        }

        Tensor sum() {
            return Scope.of(() ->
                    weight.mm(again).add(precise.to(weight.scalar_type())).sum().add(empty.sum()));
        }
    }

    @BeforeAll
    static void store() {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(4);
            for (int i = 0; i < BLOCKS; i++) {
                STORED.put("blocks." + i + ".weight", Scope.retain(torch.randn(SIDE, SIDE)));
                STORED.put("blocks." + i + ".precise", Scope.retain(torch.randn(SIDE)));
                STORED.put("blocks." + i + ".empty", Scope.retain(torch.randn(0, SIDE)));
            }
        }
    }

    @AfterAll
    static void free() {
        STORED.values().forEach(Tensor::close);
        STORED.clear();
    }

    private static TensorStore opened() {
        return TensorStore.of(STORED, "memory");
    }

    private static Blocks<Parts> blocks(Weights weights) {
        return new Blocks<>(weights.at("blocks"), BLOCKS, Residency.STREAMED, Parts::of);
    }

    /** Also of a block that nobody expects, and the same one twice; converted, shared and empty tensors in one piece. */
    @ParameterizedTest
    @EnumSource(Pace.class)
    void valuesAreThoseOfResidentBlocks(Pace pace) {
        for (DType dtype : List.of(DType.FP32, DType.BF16)) {
            Compute compute = Compute.CPU_FP32.with(dtype);
            try (Scope scope = Scope.inference();
                    Weights plain = Weights.of(opened(), compute);
                    Weights streamed = Weights.of(opened(), compute).over(new FakeLane(pace))) {
                Blocks<Parts> ahead = blocks(streamed);
                for (int index : List.of(0, 1, 2, 3, 4, 0, 1, 3, 3, 0)) {
                    Tensor expected = Parts.of(plain.at("blocks").at(index)).sum();
                    Tensor actual = ahead.with(index, Parts::sum);
                    assertThat(torch.equal(expected, actual))
                            .as("block %d in %s", index, dtype)
                            .isTrue();
                }
                streamed.verify();
            }
        }
    }

    /** While a block computes the next one's copy is queued, to begin when the one before is done, and nobody waits. */
    @Test
    void theNextBlockIsCopiedWhileOneComputes() {
        FakeLane lane = new FakeLane(Pace.LATE);
        try (Scope scope = Scope.inference();
                Weights weights = Weights.of(opened(), Compute.CPU_FP32).over(lane)) {
            Blocks<Parts> blocks = blocks(weights);
            for (int i = 0; i < BLOCKS; i++) {
                int index = i;
                long copies = i + 2;
                blocks.with(i, parts -> {
                    lane.told().add("block " + index);
                    awaitCopies(lane, copies); // would hang if the copy needed this block to end
                    return index;
                });
            }
        }
        List<String> told = List.copyOf(lane.told());
        List<Integer> copied = new ArrayList<>(); // marks of the copies, in order
        List<Integer> free = new ArrayList<>(); // marks they wait for
        for (String line : told) {
            if (line.startsWith("copy ")) {
                copied.add(Integer.parseInt(line.split(" ")[1]));
                free.add(Integer.parseInt(line.split(" ")[3]));
            }
        }
        assertThat(copied).hasSize(BLOCKS + 1); // the last one is the next step's first
        for (int i = 0; i < BLOCKS; i++) {
            int block = told.indexOf("block " + i);
            assertThat(told.indexOf("await " + copied.get(i)))
                    .as("block %d sees its copy", i)
                    .isBetween(0, block);
            int mark = told.indexOf("computed " + free.get(i + 1));
            assertThat(mark).as("copy %d begins before block %d ends", i + 1, i).isLessThan(block);
            if (i > 0) {
                assertThat(mark)
                        .as("copy %d waits for block %d", i + 1, i - 1)
                        .isGreaterThan(told.indexOf("block " + (i - 1)));
            }
            if (i >= 1) { // two pieces of staging memory
                int filled = told.indexOf("copy " + copied.get(i + 1) + " after " + free.get(i + 1));
                assertThat(told.indexOf("join " + copied.get(i - 1))).isBetween(0, filled);
            }
        }
        assertThat(told.stream().filter(line -> line.startsWith("staging"))).hasSize(2);
        assertThat(told).endsWith("close");
        assertThat(told.stream().filter(line -> line.startsWith("join"))).hasSize(BLOCKS + 1);
    }

    private static void awaitCopies(FakeLane lane, long count) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (List.copyOf(lane.told()).stream()
                        .filter(line -> line.startsWith("copy "))
                        .count()
                < count) {
            assertThat(System.nanoTime())
                    .as("copy " + count + " was never queued")
                    .isLessThan(end);
            Thread.onSpinWait();
        }
    }

    /** Everything goes with the weights, a block that is under way included. */
    @Test
    void nothingIsLeftBehind() {
        long lost = NativeMemory.leak(() -> {
            try (Scope scope = Scope.inference();
                    Weights weights = Weights.of(opened(), Compute.CPU_FP32).over(new FakeLane(Pace.LATE))) {
                Blocks<Parts> blocks = blocks(weights);
                for (int i = 0; i < 40; i++) {
                    blocks.with(i % BLOCKS, Parts::sum).close();
                }
                blocks.with(2, Parts::sum).close(); // another than was begun
                assertThat(weights.parameters()).isEmpty();
            }
        });
        assertThat(lost).isLessThan(4 * SIDE * SIDE * 5); // 41 turns, each with a piece of that size
    }

    @Test
    void whatCannotBeReadIsToldToWhoWantsTheBlock() {
        TensorStore whole = opened();
        TensorStore broken = new TensorStore() {
            @Override
            public Set<String> names() {
                return whole.names();
            }

            @Override
            public TensorInfo info(String name) {
                return whole.info(name);
            }

            @Override
            public Tensor get(String name) {
                if (name.startsWith("blocks.1.")) {
                    throw new InvalidInputException(name + ": is damaged");
                }
                return whole.get(name);
            }

            @Override
            public String source() {
                return whole.source();
            }

            @Override
            public void close() {
                whole.close();
            }
        };
        FakeLane lane = new FakeLane(Pace.AT_ONCE);
        try (Scope scope = Scope.inference();
                Weights weights = Weights.of(broken, Compute.CPU_FP32).over(lane)) {
            Blocks<Parts> blocks = blocks(weights);
            blocks.with(0, Parts::sum);
            assertThatThrownBy(() -> blocks.with(1, Parts::sum))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("is damaged");
            assertThat(blocks.with(2, Parts::sum).isfinite().item().toBool()).isTrue();
        }
        assertThat(lane.told()).endsWith("close");
    }

    @Test
    void tensorsOfABlockDoNotOverlap() {
        try (Scope scope = Scope.inference();
                Weights weights = Weights.of(opened(), Compute.CPU_FP32.with(DType.BF16));
                Weights checked = weights.at("blocks").at(0).check()) {
            Parts.of(checked);
            BlockLayout layout = checked.layout();
            assertThat(layout.places().keySet())
                    .isEqualTo(Set.of("blocks.0.weight", "blocks.0.precise", "blocks.0.empty"));
            long end = 0;
            for (BlockLayout.Place place : layout.places().values()) {
                assertThat(place.offset() % 256).isZero();
                assertThat(place.offset()).isGreaterThanOrEqualTo(end);
                long values = LongStream.of(place.shape()).reduce(1, (x, y) -> x * y);
                end = place.offset() + values * place.dtype().bytes();
            }
            assertThat(layout.bytes()).isGreaterThanOrEqualTo(end);
        }
    }
}
