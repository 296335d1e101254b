package ai.ingredients.vae;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A convolution with three taps in time, two frames at once: of four frames, sums and differences go through four 2D
 * convolutions where taking tap by tap needs six. Source: Winograd's minimal filtering F(2, 3) along time, as in "Fast
 * Algorithms for Convolutional Neural Networks" (arXiv 1509.09308), section 4.1.
 *
 * <p>The same result up to rounding: each of the four is rounded to the dtype before they are added up, so the rounding
 * error of one convolution is twice that of a direct one (measured relative to the result: 3.2e-3 against 1.7e-3 in bf16,
 * 4.5e-7 against 2.1e-7 in fp32). Nothing is recorded for autograd; on the CPU, with oneDNN.
 */
final class PairedFrames {
    /** Elements of one frame's sums and differences that are made together: about what stays in the cache. */
    private static final long TOGETHER = 1L << 22;
    /** Below these sums, differences and the kernel's own cost as much as they spare. */
    private static final long FEWEST_CHANNELS = 64;

    private static final long SMALLEST_FRAME = 1024;

    private static final long[] ONES = {1, 1};

    private PairedFrames() {}

    /** Whether it is worth it: enough frames, pixels and channels. */
    static boolean pays(Tensor x, Tensor kernel) {
        return kernel.size(2) == 3
                && x.size(2) >= 4
                && Math.min(kernel.size(0), kernel.size(1)) >= FEWEST_CHANNELS
                && x.size(3) * x.size(4) >= SMALLEST_FRAME;
    }

    /**
     * [B, in, T, H, W] → [B, out, T − 2, H, W], channels innermost in memory; stride 1.
     *
     * @param kernel [out, in, 3, kH, kW]
     * @param bias [out]
     * @param padding of height and width
     */
    static Tensor convolve(Tensor x, Tensor kernel, Tensor bias, long[] padding) {
        return Scope.of(() -> {
            Tensor frames = x.permute(0, 2, 3, 4, 1).contiguous(); // [B, T, H, W, in]
            long pairs = (frames.size(1) - 2) / 2;
            boolean single = frames.size(1) % 2 == 1;
            Filters filters = Filters.of(kernel, bias, padding);
            Tensor made = frames.new_empty(
                    new long[] {x.size(0), 2 * pairs + (single ? 1 : 0), x.size(3), x.size(4), kernel.size(0)});
            Tensor in = frames.narrow(1, 0, 2 * pairs + 2).unflatten(1, pairs + 1, 2); // [B, pairs + 1, 2, H, W, in]
            Tensor out = made.narrow(1, 0, 2 * pairs).unflatten(1, pairs, 2); // [B, pairs, 2, H, W, out]
            long step = Math.max(1, TOGETHER / (x.size(0) * x.size(1) * x.size(3) * x.size(4)));
            for (long pair = 0; pair < pairs; pair += step) {
                long count = Math.min(step, pairs - pair);
                try (Scope scope = Scope.open()) {
                    filters.apply(in.narrow(1, pair, count + 1), out.narrow(1, pair, count));
                }
            }
            if (single) {
                try (Scope scope = Scope.open()) {
                    Tensor last = frames.narrow(1, frames.size(1) - 3, 3).permute(0, 4, 1, 2, 3);
                    long[] edges = {0, padding[0], padding[1]};
                    long[] one = {1, 1, 1};
                    Tensor frame = torch.mkldnn_convolution(last, kernel, Ops.optional(bias), edges, one, one, 1);
                    made.narrow(1, 2 * pairs, 1).copy_(frame.permute(0, 2, 3, 4, 1));
                }
            }
            return made.permute(0, 4, 1, 2, 3);
        });
    }

    /** The kernel's taps, added up and halved: each [out, in, kH, kW], of both frames, or of the first or second alone. */
    private record Filters(Tensor first, Tensor sum, Tensor difference, Tensor second, Tensor bias, long[] padding) {
        static Filters of(Tensor kernel, Tensor bias, long[] padding) {
            ScalarType type = kernel.scalar_type();
            Tensor exact = kernel.to(ScalarType.Float);
            Tensor first = exact.select(2, 0);
            Tensor middle = exact.select(2, 1);
            Tensor last = exact.select(2, 2);
            Tensor outer = first.add(last);
            return new Filters(
                    stored(first, type),
                    stored(Ops.scale(outer.add(middle), 0.5), type),
                    stored(Ops.scale(outer.sub(middle), 0.5), type),
                    stored(last, type),
                    bias,
                    padding);
        }

        private static Tensor stored(Tensor taps, ScalarType type) {
            return taps.to(type).contiguous(MemoryFormat.ChannelsLast);
        }

        /** [B, n + 1, 2, H, W, in] into [B, n, 2, H, W, out]. */
        void apply(Tensor in, Tensor out) {
            long pairs = out.size(1);
            Tensor even = in.select(2, 0);
            Tensor odd = in.select(2, 1);
            Tensor a = even.narrow(1, 0, pairs);
            Tensor b = odd.narrow(1, 0, pairs);
            Tensor c = even.narrow(1, 1, pairs);
            Tensor d = odd.narrow(1, 1, pairs);
            Tensor both = convolved(() -> b.add(c), sum, bias);
            Tensor apart = convolved(() -> c.sub(b), difference, null);
            Tensor ahead = convolved(() -> a.sub(c), first, null);
            ahead.add_(both);
            torch.add_out(out.select(2, 0), ahead, apart);
            Tensor behind = convolved(() -> d.sub(b), second, null);
            behind.add_(both);
            torch.sub_out(out.select(2, 1), behind, apart);
        }

        /** [B, n, H, W, in] → [B, n, H, W, out]. */
        private Tensor convolved(Supplier<Tensor> frames, Tensor taps, @Nullable Tensor shift) {
            return Scope.of(() -> {
                Tensor seen = frames.get();
                TensorOptional offset = Ops.optional(shift);
                Tensor images = seen.flatten(0, 1).permute(0, 3, 1, 2);
                return torch.mkldnn_convolution(images, taps, offset, padding, ONES, ONES, 1)
                        .permute(0, 2, 3, 1)
                        .unflatten(0, seen.size(0), seen.size(1));
            });
        }
    }
}
