package ai.ingredients.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.testing.Fixture;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Noise for a seed is bit-equal to Python's {@code torch.randn}: fixture {@code randn}. */
class NoiseTest {
    private static final Compute CPU_BF16 = Compute.CPU_FP32.with(DType.BF16);
    private static final Compute CPU_FP64 = Compute.CPU_FP32.with(DType.FP64);

    @Test
    void everyShapeOfEverySeedIsBitEqual() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("randn")) {
            int checked = 0;
            for (JsonNode seed : fixture.settings().path("seeds")) {
                String prefix = "out_s" + seed.asLong() + "_";
                for (JsonNode shape : fixture.settings().path("shapes")) {
                    checkSingle(fixture, seed.asLong(), Compute.CPU_FP32, prefix + name(shape), longs(shape));
                    checked++;
                }
                checkSingle(fixture, seed.asLong(), CPU_BF16, prefix + "bf16_33", 33);
                checkSingle(fixture, seed.asLong(), CPU_FP64, "out_s" + seed.asLong() + "_f64_20", 20);
            }
            assertTrue(checked == 36, "expected 4 seeds x 9 shapes, found " + checked);
        }
    }

    @Test
    void aSequenceOfDrawsIsBitEqual() {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("randn")) {
            for (JsonNode seed : fixture.settings().path("seeds")) {
                try (Noise noise = new Noise(seed.asLong())) {
                    int i = 0;
                    for (JsonNode shape : fixture.settings().path("sequence")) {
                        String key = "out_s" + seed.asLong() + "_seq" + i++ + "_" + name(shape);
                        assertBitEqual(key, fixture.get(key), noise.gaussian(Compute.CPU_FP32, longs(shape)));
                    }
                }
            }
        }
    }

    private static void checkSingle(Fixture fixture, long seed, Compute compute, String key, long... shape) {
        try (Noise noise = new Noise(seed)) {
            assertBitEqual(key, fixture.get(key), noise.gaussian(compute, shape));
        }
    }

    private static void assertBitEqual(String key, Tensor expected, Tensor actual) {
        assertArrayEquals(Ops.shape(expected), Ops.shape(actual), key);
        assertTrue(torch.equal(expected, actual), key + ": not bit-equal");
    }

    private static long[] longs(JsonNode shape) {
        return StreamSupport.stream(shape.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
    }

    private static String name(JsonNode shape) {
        return LongStream.of(longs(shape)).mapToObj(Long::toString).collect(Collectors.joining("x"));
    }
}
