package ai.ingredients.vae;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * 3D convolution without dilation or groups and with time stride 1. Very large inputs are computed some frames at a
 * time, which changes no number. Source: {@code CogVideoXSafeConv3d}, and the {@code Conv2d} inside the reference's
 * resampling layers, which here is a 3D convolution over one frame so that frames need not be moved to the batch.
 */
final class Conv3d {
    /** Input elements beyond which the reference splits too: half the elements 32-bit kernels can address. */
    private static final long LARGEST = 1L << 30;

    private final Tensor weight; // [out, in, kT, kH, kW]
    private final Tensor bias; // [out]
    private final long[] stride;
    private final long[] padding;

    private Conv3d(Tensor weight, Tensor bias, long spatialStride, long spatialPadding) {
        this.weight = weight;
        this.bias = bias;
        this.stride = new long[] {1, spatialStride, spatialStride};
        this.padding = new long[] {0, spatialPadding, spatialPadding};
    }

    /** 3x3x3; the picture keeps its size, two frames get lost at the start. */
    static Conv3d cubic(Weights weights, long in, long out) {
        return new Conv3d(weights.tensor("weight", out, in, 3, 3, 3), weights.tensor("bias", out), 1, 1);
    }

    /** 1x1x1. */
    static Conv3d pointwise(Weights weights, long in, long out) {
        return new Conv3d(weights.tensor("weight", out, in, 1, 1, 1), weights.tensor("bias", out), 1, 0);
    }

    /** 3x3 on every frame by itself; the checkpoint stores it as a 2D kernel. */
    static Conv3d planar(Weights weights, long channels, long stride, long padding) {
        Tensor kernel = weights.tensor("weight", channels, channels, 3, 3);
        return new Conv3d(kernel, weights.tensor("bias", channels), stride, padding);
    }

    /** [B, in, T, H, W] → [B, out, T − kT + 1, H', W']. */
    Tensor forward(Tensor x) {
        Tensor kernel = weight.dim() == 4 ? weight.unsqueeze(2) : weight;
        long lost = kernel.size(2) - 1;
        long frames = x.size(2) - lost;
        long parts = Math.min(frames, x.numel() / LARGEST + 1);
        if (parts == 1) {
            return convolve(x, kernel);
        }
        Tensor[] pieces = new Tensor[Math.toIntExact(parts)];
        for (int i = 0; i < pieces.length; i++) {
            long start = frames * i / parts;
            long end = frames * (i + 1) / parts;
            pieces[i] = Scope.of(() -> convolve(x.narrow(2, start, end - start + lost), kernel));
        }
        return Ops.cat(2, pieces);
    }

    /** A single frame that every tap in time sees, so the taps are added up first: [B, in, 1, H, W] → [B, out, 1, H, W]. */
    Tensor forwardStill(Tensor frame) {
        return convolve(frame, weight.sum(new long[] {2}, true, new ScalarTypeOptional()));
    }

    private Tensor convolve(Tensor x, Tensor kernel) {
        return torch.conv3d(x, kernel, Ops.optional(bias), stride, padding, new long[] {1, 1, 1}, 1);
    }
}
