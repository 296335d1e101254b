package ai.ingredients.tensor;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** libtorch operations in a form that reads well in Java. Results belong to the innermost {@link Scope}. */
public final class Ops {
    /** Scores of one head up to which attention in half precision is multiplied out on the CPU. */
    private static final long LONGEST_SCORES = 1L << 20;

    private Ops() {}

    /** {@code x · weightᵀ + bias}; [..., in] and [out, in] → [..., out]. */
    public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
        if (Natives.blas() == Natives.Blas.OPENBLAS && !x.is_cuda()) {
            return linearAsConvolution(x, weight, bias);
        }
        return bias == null ? torch.linear(x, weight) : torch.linear(x, weight, optional(bias));
    }

    /** The same product as a 1x1 convolution, which oneDNN computes in libtorch's own thread pool. */
    private static Tensor linearAsConvolution(Tensor x, Tensor weight, @Nullable Tensor bias) {
        long[] shape = shape(x);
        long in = shape[shape.length - 1];
        Tensor image = x.reshape(1, 1, -1, in).permute(0, 3, 1, 2); // [1, in, 1, rows], already channels-last
        Tensor product = torch.conv2d(
                image,
                weight.unsqueeze(2).unsqueeze(3),
                optional(bias),
                new long[] {1, 1},
                new long[] {0, 0},
                new long[] {1, 1},
                1);
        shape[shape.length - 1] = weight.size(0);
        return product.permute(0, 2, 3, 1).reshape(shape);
    }

    /** Normalises the last dimension; {@code weight} and {@code bias} may be absent. */
    public static Tensor layerNorm(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
        return torch.layer_norm(x, new long[] {x.size(-1)}, optional(weight), optional(bias), eps, true);
    }

    /**
     * softmax(q kᵀ · scale) v over [..., tokens, headDim]; the scale is 1/√headDim.
     *
     * <p>libtorch's fused CPU kernel takes half precision through a slow loop (measured on 318 tokens of 8 clips: 208 ms
     * against 11 ms in fp32). There, short sequences are multiplied out (10 ms with gradients, 22 ms in fp32), and for
     * long ones, whose score matrix would be large, the fused kernel runs in fp32.
     */
    public static Tensor attention(Tensor query, Tensor key, Tensor value) {
        return attention(query, key, value, 1 / Math.sqrt(query.size(-1)));
    }

    /** As {@link #attention(Tensor, Tensor, Tensor)} with another scale. */
    public static Tensor attention(Tensor query, Tensor key, Tensor value, double scale) {
        ScalarType type = query.scalar_type().intern();
        if (query.is_cuda() || type == ScalarType.Float || type == ScalarType.Double) {
            return attention(query, key, value, null, scale);
        }
        if (query.size(-2) * key.size(-2) > LONGEST_SCORES) {
            Tensor wide = attention(
                    query.to(ScalarType.Float), key.to(ScalarType.Float), value.to(ScalarType.Float), null, scale);
            return wide.to(type);
        }
        return scale(query, scale).matmul(key.transpose(-2, -1)).softmax(-1).matmul(value);
    }

    /** As {@link #attention(Tensor, Tensor, Tensor)} with an additive mask or bias and a scale. */
    public static Tensor attention(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, double scale) {
        return torch.scaled_dot_product_attention(
                query, key, value, optional(bias), 0.0, false, new DoubleOptional(scale), false);
    }

    /** Softmax in fp32, returned in the dtype of {@code x}. */
    public static Tensor softmax(Tensor x, long dim) {
        return x.to(ScalarType.Float).softmax(dim).to(x.scalar_type());
    }

    /** Concatenates along {@code dim}. */
    public static Tensor cat(long dim, Tensor... parts) {
        return torch.cat(new TensorVector(parts), dim);
    }

    /** Stacks along a new {@code dim}. */
    public static Tensor stack(long dim, Tensor... parts) {
        return torch.stack(new TensorVector(parts), dim);
    }

    /** Splits {@code x} into {@code count} equal parts along {@code dim}; each part is a view owned by this scope. */
    public static Tensor[] chunk(Tensor x, int count, long dim) {
        long size = x.size(dim) / count;
        Tensor[] parts = new Tensor[count];
        for (int i = 0; i < count; i++) {
            parts[i] = x.narrow(dim, i * size, size);
        }
        return parts;
    }

    /** {@code x · factor} in {@code x}'s dtype. */
    public static Tensor scale(Tensor x, double factor) {
        return x.mul(new Scalar(factor));
    }

    /** {@code x + term} in {@code x}'s dtype. */
    public static Tensor plus(Tensor x, double term) {
        return x.add(new Scalar(term));
    }

    /** The dimensions of {@code x} as an array. */
    public static long[] shape(Tensor x) {
        long[] shape = new long[Math.toIntExact(x.dim())];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = x.size(i);
        }
        return shape;
    }

    /** A present or absent tensor argument. */
    public static TensorOptional optional(@Nullable Tensor tensor) {
        return tensor == null ? new TensorOptional() : new TensorOptional(tensor);
    }

    /** A CPU tensor of {@code values} with {@code shape}, copied. */
    public static Tensor tensor(float[] values, long... shape) {
        try (FloatPointer data = new FloatPointer(values)) {
            return torch.from_blob(data, shape, new TensorOptions(ScalarType.Float))
                    .clone();
        }
    }

    /** A CPU tensor of {@code values} with {@code shape}, copied. */
    public static Tensor tensor(long[] values, long... shape) {
        try (LongPointer data = new LongPointer(values)) {
            return torch.from_blob(data, shape, new TensorOptions(ScalarType.Long))
                    .clone();
        }
    }

    /** A CPU tensor of unsigned bytes with {@code shape}, copied. */
    public static Tensor tensor(byte[] values, long... shape) {
        try (BytePointer data = new BytePointer(values)) {
            return torch.from_blob(data, shape, new TensorOptions(ScalarType.Byte))
                    .clone();
        }
    }

    /** The values of {@code x} in row-major order, converted to fp32 and copied from whatever device they are on. */
    public static float[] floats(Tensor x) {
        try (Scope scope = Scope.inference()) {
            Tensor flat = Transfers.toHost(x.detach().to(ScalarType.Float)).contiguous();
            float[] values = new float[Math.toIntExact(flat.numel())];
            new FloatPointer(flat.data_ptr()).get(values);
            return values;
        }
    }

    /** The values of {@code x} in row-major order, converted to 64-bit integers. */
    public static long[] longs(Tensor x) {
        try (Scope scope = Scope.inference()) {
            Tensor flat = Transfers.toHost(x.detach().to(ScalarType.Long)).contiguous();
            long[] values = new long[Math.toIntExact(flat.numel())];
            new LongPointer(flat.data_ptr()).get(values);
            return values;
        }
    }

    /** The bytes of an unsigned-byte tensor in row-major order. */
    public static byte[] bytes(Tensor x) {
        try (Scope scope = Scope.inference()) {
            Tensor flat = Transfers.toHost(x.detach().to(ScalarType.Byte)).contiguous();
            byte[] values = new byte[Math.toIntExact(flat.numel())];
            new BytePointer(flat.data_ptr()).get(values);
            return values;
        }
    }
}
