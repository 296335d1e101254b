package ai.ingredients.vae;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Natives;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * 3D convolution without dilation or groups and with time stride 1. Very large inputs are computed some frames at a
 * time, which changes no number. Source: {@code CogVideoXSafeConv3d}, and the {@code Conv2d} inside the reference's
 * resampling layers, which here is a 3D convolution over one frame so that frames need not be moved to the batch.
 */
final class Conv3d {
    /** Input elements beyond which the reference splits too: half the elements 32-bit kernels can address. */
    private static final long LARGEST = 1L << 30;

    private static final boolean ONE_DNN = hasOneDnn();
    private static final boolean ONE_DNN_BF16 = ONE_DNN && takesBf16();
    private static final boolean MATRIX_UNITS = hasMatrixUnits();

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

    private static boolean hasOneDnn() {
        Natives.load();
        return torch.hasMKLDNN();
    }

    /** Whether oneDNN convolves bf16 on this processor; libtorch refuses outright where it does not. */
    private static boolean takesBf16() {
        try (Scope scope = Scope.inference()) {
            Tensor one = torch.ones(
                    new long[] {1, 1, 1, 1, 1},
                    Compute.CPU_FP32.with(DType.BF16).options());
            long[] ones = {1, 1, 1};
            torch.mkldnn_convolution(one, one, Ops.optional(null), new long[] {0, 0, 0}, ones, ones, 1);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Whether the processor has AMX, as far as the system says so. */
    private static boolean hasMatrixUnits() {
        try {
            return Files.readString(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)
                    .contains(" amx_bf16");
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether oneDNN convolves what lies where {@code x} does, in its dtype. */
    static boolean named(Tensor x) {
        DType type = DType.of(x);
        return !x.is_cuda() && (type == DType.FP32 ? ONE_DNN : type == DType.BF16 && ONE_DNN_BF16);
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

    /** A single frame that every tap in time sees, so taps are added up: [B, in, 1, H, W] → [B, out, 1, H, W]. */
    Tensor forwardStill(Tensor frame) {
        return convolve(frame, weight.sum(new long[] {2}, true, new ScalarTypeOptional()));
    }

    /**
     * libtorch takes the fast oneDNN kernels only where B·C·T·H is above 20480, and a slow loop (measured: 2 to 8 times
     * slower) for single frames and thin inputs; so on the CPU oneDNN is named outright.
     */
    private Tensor convolve(Tensor x, Tensor kernel) {
        if (learnsInHalfPrecisionOnCpu(x, kernel)) {
            return convolveFrames(x, kernel);
        }
        if (inPairs(x, kernel)) {
            return PairedFrames.convolve(x, kernel, bias, new long[] {padding[1], padding[2]});
        }
        TensorOptional offset = Ops.optional(bias);
        if (named(x)) {
            return torch.mkldnn_convolution(x, kernel, offset, padding, stride, new long[] {1, 1, 1}, 1);
        }
        return torch.conv3d(x, kernel, offset, stride, padding, new long[] {1, 1, 1}, 1);
    }

    /** With matrix units products in bf16 cost so little that the sums around them would be the longer part. */
    private boolean inPairs(Tensor x, Tensor kernel) {
        boolean slowProducts = DType.of(x) == DType.FP32 || !MATRIX_UNITS;
        return !GradMode.is_enabled() && named(x) && slowProducts && stride[1] == 1 && PairedFrames.pays(x, kernel);
    }

    /**
     * Where oneDNN's 3D weight gradient may not be asked for: with AMX (oneDNN 3.12, bf16 and fp16) it books memory for
     * a block of rows and writes all of them, so on large frames the gradient is wrong or the heap is overwritten.
     */
    private boolean learnsInHalfPrecisionOnCpu(Tensor x, Tensor kernel) {
        boolean learns = GradMode.is_enabled() && (kernel.requires_grad() || bias.requires_grad());
        return learns && !x.is_cuda() && DType.of(x).bytes() < 4;
    }

    /** The same as a 2D convolution of every frame, the frames that its taps in time see being laid side by side. */
    private Tensor convolveFrames(Tensor x, Tensor kernel) {
        long taps = kernel.size(2);
        long frames = x.size(2) - taps + 1;
        Tensor images = taps == 1 ? x.transpose(1, 2).flatten(0, 1) : sideBySide(x, Math.toIntExact(taps), frames);
        Tensor plane = kernel.transpose(1, 2).flatten(1, 2); // [out, kT·in, kH, kW]
        TensorOptional offset = Ops.optional(bias);
        long[] steps = {stride[1], stride[2]};
        long[] edges = {padding[1], padding[2]};
        long[] ones = {1, 1};
        Tensor made = named(x) // [B·T', out, H', W']
                ? torch.mkldnn_convolution(images, plane, offset, edges, steps, ones, 1)
                : torch.conv2d(images, plane, offset, steps, edges, ones, 1);
        return made.unflatten(0, new long[] {x.size(0), frames}).transpose(1, 2).contiguous();
    }

    /**
     * [B, in, T, H, W] → [B·T', kT·in, H, W], tap by tap. Channels are the innermost in memory, which oneDNN takes as it
     * is, so that frames are copied as wholes (measured: twice as fast with the gradients).
     */
    private static Tensor sideBySide(Tensor x, int taps, long frames) {
        Tensor inner = x.permute(0, 2, 3, 4, 1).contiguous();
        Tensor[] seen = new Tensor[taps];
        for (int i = 0; i < taps; i++) {
            seen[i] = inner.narrow(1, i, frames);
        }
        return Ops.cat(4, seen).flatten(0, 1).permute(0, 3, 1, 2);
    }
}
