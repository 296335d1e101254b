package ai.ingredients.face;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.testing.KeyListStore;
import ai.ingredients.weights.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights of face networks made by the formula their vectors were made with, so that 110 MB need not be stored: every
 * value follows from the tensor's name, without {@code module.} in front, and the index.
 */
final class FormulaStore extends KeyListStore {
    private static final String PREFIX = "module.";

    /** Names and shapes from {@code keys}. */
    FormulaStore(Path keys) {
        super(keys);
    }

    @Override
    public Tensor get(String name) {
        TensorInfo info = info(name);
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        if (info.dtype() == DType.INT64) {
            return Ops.tensor(new long[] {1}, shape);
        }
        return Ops.tensor(values(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name, info), shape);
    }

    private static float[] values(String name, TensorInfo info) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        float[] values = new float[Math.toIntExact(info.elements())];
        float factor = factor(name, info);
        float base = base(name, info);
        for (int i = 0; i < values.length; i++) {
            long z = (crc.getValue() << 32) + i + 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            float uniform = (float) (z >>> 40) / (1 << 23) - 1f;
            values[i] = base + uniform * factor;
        }
        return values;
    }

    private static float base(String name, TensorInfo info) {
        if (name.endsWith("running_var")) {
            return 1;
        }
        boolean scale = info.shape().size() == 1 && name.endsWith(".weight");
        if (!scale) {
            return 0;
        }
        if (name.endsWith("prelu.weight")) {
            return 0.25f;
        }
        return name.endsWith(".bn3.weight") ? 0.5f : 1f;
    }

    private static float factor(String name, TensorInfo info) {
        if (name.endsWith("running_var")) {
            return 0.5f;
        }
        if (info.shape().size() < 2) {
            return 0.15f;
        }
        double fanIn = (double) info.elements() / info.shape().getFirst();
        return (float) (gain(name) * 1.7320508 / Math.sqrt(fanIn));
    }

    private static double gain(String name) {
        if (name.equals("body.conv1.weight") || name.equals("body.stage1.0.0.weight")) { // they see 0 … 255
            return 0.03125;
        }
        if (name.startsWith("ClassHead.")) {
            return 0.4;
        }
        return name.startsWith("BboxHead.") || name.startsWith("LandmarkHead.") ? 0.25 : 1.25;
    }
}
