package ai.ingredients.vae;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** Normalisation over groups of channels, all frames of a batch together; the result is a tensor of its own. */
sealed interface Norm {
    /** Added to the variance wherever the config does not say otherwise. */
    double EPS = 1e-6;

    /** [B, C, T, H, W] → [B, C, T, H, W]. */
    Tensor forward(Tensor x, Pass pass);

    /** {@code torch.nn.GroupNorm}: [C] scale and shift for each channel. The encoder's norm. */
    record Group(long groups, Tensor weight, Tensor bias, double eps) implements Norm {
        static Group of(Weights weights, long channels, long groups, double eps) {
            return new Group(groups, weights.tensor("weight", channels), weights.tensor("bias", channels), eps);
        }

        @Override
        public Tensor forward(Tensor x, Pass pass) {
            boolean innermost = x.stride(1) == 1 && x.size(1) > 1;
            return innermost && DType.of(x) == DType.FP32 && !GradMode.is_enabled()
                    ? channelsInnermost(x)
                    : torch.group_norm(x, groups, Ops.optional(weight), Ops.optional(bias), eps, true);
        }

        /**
         * libtorch's kernel for this layout takes the variance from sums of squares in fp32, which costs one digit of seven,
         * and two where the mean is larger than what varies; half precision does not see that.
         */
        private Tensor channelsInnermost(Tensor x) {
            return Scope.of(() -> {
                Tensor grouped = x.unflatten(1, groups, x.size(1) / groups); // [B, G, C/G, T, H, W]
                var moments = torch.var_mean(grouped, new long[] {2, 3, 4, 5}, false, true);
                Tensor scale =
                        moments.get0().add(new Scalar(eps)).rsqrt().mul(perChannel(weight)); // [B, G, C/G, 1, 1, 1]
                Tensor shift = perChannel(bias).sub(moments.get1().mul(scale));
                Tensor normed = torch.empty_like(x);
                torch.addcmul_out(normed.unflatten(1, groups, x.size(1) / groups), shift, grouped, scale);
                return normed;
            });
        }

        private Tensor perChannel(Tensor values) {
            return values.unflatten(0, groups, values.size(0) / groups).view(1, groups, -1, 1, 1, 1);
        }
    }

    /**
     * Group normalisation whose result is scaled and shifted at every place by a linear function of the latent it comes
     * from. The decoder's norm. Source: {@code CogVideoXSpatialNorm3D}.
     *
     * <p>The reference enlarges the latents to the size of {@code x} first and applies its 1x1x1 convolutions there.
     * Nearest neighbours and pointwise convolutions commute, so here both stay as small as the latents, and broadcast.
     */
    record Spatial(Group group, Conv3d scale, Conv3d shift) implements Norm {
        static Spatial of(Weights weights, long channels, long latentChannels, long groups) {
            return new Spatial(
                    Group.of(weights.at("norm_layer"), channels, groups, EPS),
                    Conv3d.pointwise(weights.at("conv_y").at("conv"), latentChannels, channels),
                    Conv3d.pointwise(weights.at("conv_b").at("conv"), latentChannels, channels));
        }

        @Override
        public Tensor forward(Tensor x, Pass pass) {
            return Scope.of(() -> {
                Tensor normed = group.forward(x, pass);
                long columns = x.size(4) / pass.source().size(4);
                MemoryFormat layout = normed.stride(1) == 1 ? MemoryFormat.ChannelsLast3d : MemoryFormat.Contiguous;
                Tensor scales = widened(scale.forward(pass.source()), columns, layout); // [B, C, f, h, W]
                Tensor shifts = widened(shift.forward(pass.source()), columns, layout);
                long frames = x.size(2);
                long latents = scales.size(2);
                if (frames == 1 || frames % 2 == 0) {
                    return modulated(normed, scales, shifts);
                }
                // The first latent of an odd number stands for one frame, each other for several.
                Tensor first = modulated(normed.narrow(2, 0, 1), scales.narrow(2, 0, 1), shifts.narrow(2, 0, 1));
                Tensor rest = modulated(
                        normed.narrow(2, 1, frames - 1),
                        scales.narrow(2, 1, latents - 1),
                        shifts.narrow(2, 1, latents - 1));
                return GradMode.is_enabled() ? Ops.cat(2, first, rest) : normed;
            });
        }

        /** Repeats every column: [B, C, f, h, w] → [B, C, f, h, w·times], in memory as what it is multiplied with. */
        private static Tensor widened(Tensor x, long times, MemoryFormat layout) {
            return x.unsqueeze(5)
                    .expand(-1, -1, -1, -1, -1, times)
                    .flatten(4, 5)
                    .contiguous(layout);
        }

        /** {@code x · scales + shifts}: [B, C, T, H, W] and twice [B, C, f, h, W], each row for several of x. */
        private static Tensor modulated(Tensor x, Tensor scales, Tensor shifts) {
            long frames = scales.size(2);
            long rows = scales.size(3);
            Tensor grid = x.unflatten(3, rows, x.size(3) / rows)
                    .unflatten(2, frames, x.size(2) / frames); // [B, C, f, T/f, h, H/h, W]
            return Fresh.affine(
                            grid,
                            scales.unsqueeze(3).unsqueeze(5),
                            shifts.unsqueeze(3).unsqueeze(5))
                    .flatten(4, 5)
                    .flatten(2, 3);
        }
    }
}
