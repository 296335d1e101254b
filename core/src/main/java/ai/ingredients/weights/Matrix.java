package ai.ingredients.weights;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The matrix W [out, in] of a linear layer, as it is kept: in the type that is computed in, or as whole numbers q of 8 bits
 * with a scale s for each output channel, W ≈ s · q with s = max|W| / 127 over the channel and q = round(W / s), half to
 * even. No value is then off by more than s / 2. A channel of zeros has scale 1.
 *
 * <p>Source: weight-only quantisation as {@code torchao}'s {@code Int8WeightOnlyConfig} and {@code optimum-quanto}'s
 * {@code qint8} do it; the numbers are those of its plain formula, by libtorch.
 *
 * <p>Borrows its tensors from {@link Weights}.
 *
 * @param values [out, in]
 * @param scale [out, 1] in fp32; none where {@code values} are what is multiplied by
 * @param dtype in which is computed
 */
public record Matrix(Tensor values, @Nullable Tensor scale, DType dtype) {
    private static final double LARGEST = 127;
    /** So many values at a time, or one channel: what is widened on the way stays in the processor's cache. */
    private static final long AT_A_TIME = 1L << 18;

    /** One that is kept as it is computed with. */
    public Matrix(Tensor values) {
        this(values, null, DType.of(values));
    }

    /**
     * {@code stored} in 8 bits, on the device and for the type of {@code compute}; both tensors belong to the current scope.
     *
     * @param stored [out, in], floating point, on the CPU
     */
    static Matrix int8(Tensor stored, Compute compute) {
        long out = stored.size(0);
        Tensor values = empty(Ops.shape(stored), ScalarType.Char, compute.nativeDevice());
        Tensor scale = empty(new long[] {out, 1}, ScalarType.Float, compute.nativeDevice());
        long rows = rows(stored, compute.onCpu());
        for (long from = 0; from < out; from += rows) {
            long count = Math.min(rows, out - from);
            try (Scope scope = Scope.inference()) {
                Tensor part = stored.narrow(0, from, count).to(compute.nativeDevice(), ScalarType.Float);
                Tensor largest = part.abs().amax(new long[] {1}, true);
                Tensor step = largest.div(new Scalar(LARGEST));
                step = step.masked_fill(step.eq(new Scalar(0)), new Scalar(1));
                scale.narrow(0, from, count).copy_(step);
                values.narrow(0, from, count).copy_(part.div(step).round_()); // part may be the file itself
            }
        }
        return new Matrix(values, scale, compute.dtype());
    }

    private static Tensor empty(long[] shape, ScalarType type, Device device) {
        return torch.empty(
                shape, new TensorOptions(type).device(new DeviceOptional(device)), new MemoryFormatOptional());
    }

    /** All at once on a graphics card, whose kernels widen without a copy. */
    private static long rows(Tensor matrix, boolean onCpu) {
        return onCpu ? Math.max(1, AT_A_TIME / Math.max(1, matrix.size(1))) : Math.max(1, matrix.size(0));
    }

    /** W in the type that is computed in: itself, or {@code s · q} rounded once, which belongs to the current scope. */
    public Tensor whole() {
        Tensor steps = scale;
        if (steps == null) {
            return values;
        }
        long out = values.size(0);
        Tensor whole = empty(Ops.shape(values), dtype.scalarType(), values.device());
        long rows = rows(values, !values.is_cuda());
        for (long from = 0; from < out; from += rows) {
            long count = Math.min(rows, out - from);
            try (Scope scope = Scope.inference()) {
                torch.mul_out(
                        whole.narrow(0, from, count), values.narrow(0, from, count), steps.narrow(0, from, count));
            }
        }
        return whole;
    }

    /** Whether {@link #whole} makes something. */
    public boolean quantised() {
        return scale != null;
    }
}
