package ai.ingredients.metrics;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights that follow from their names, by the formula in {@code metric_vectors.py}, so that 100 MB need not be stored.
 */
final class SeededStore extends KeyListStore {
    /** Names and shapes from {@code keys}. */
    SeededStore(Path keys) {
        super(keys);
    }

    @Override
    public Tensor get(String name) {
        TensorInfo info = info(name);
        if (info.dtype() == DType.INT64) {
            return Ops.tensor(new long[] {1}, info.dimensions());
        }
        return Ops.tensor(values(name, info), info.dimensions());
    }

    private static float[] values(String name, TensorInfo info) {
        boolean matrix = info.shape().size() > 1;
        boolean variance = name.endsWith("running_var");
        float base = variance || (!matrix && name.endsWith(".weight")) ? 1 : 0;
        float[] values = new float[Math.toIntExact(info.elements())];
        float factor = variance ? 0.5f : 0.15f;
        if (matrix) {
            double fanIn = (double) values.length / info.shape().getFirst();
            factor = (float) (1.25 * 1.7320508 / Math.sqrt(fanIn));
        }
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        long start = (crc.getValue() << 32) + 0x9E3779B97F4A7C15L;
        for (int i = 0; i < values.length; i++) {
            long z = start + i;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            values[i] = base + ((float) (z >>> 40) / (1 << 23) - 1) * factor;
        }
        return values;
    }
}
