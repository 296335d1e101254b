package ai.ingredients.vae;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.function.Supplier;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * 3x3x3 convolution that looks only at this frame and the two before it: those of the previous batch, or, at the
 * beginning of a video, the first frame again. Source: {@code CogVideoXCausalConv3d} with padding mode "first".
 */
final class CausalConv3d implements Layer {
    private static final long BEFORE = 2;

    private final Conv3d conv;

    private CausalConv3d(Conv3d conv) {
        this.conv = conv;
    }

    static CausalConv3d of(Weights weights, long in, long out) {
        return new CausalConv3d(Conv3d.cubic(weights.at("conv"), in, out));
    }

    /** [B, in, T, H, W] → [B, out, T, H, W]. */
    @Override
    public Tensor forward(Tensor x, Pass pass) {
        return forward(() -> x, pass);
    }

    /** As above; {@code input} is made here so that it can be freed before the convolution runs. */
    Tensor forward(Supplier<Tensor> input, Pass pass) {
        return Scope.of(() -> {
            Tensor seen = Scope.of(() -> withPast(input.get(), pass.cache()));
            return seen.size(2) == 1 ? conv.forwardStill(seen) : conv.forward(seen);
        });
    }

    /**
     * [B, in, T, H, W] → [B, in, 2 + T, H, W], the two frames before {@code x} in front; or {@code x} itself where all
     * three are the same frame and adding up the kernel instead loses no precision, or none that matters while learning
     * (it takes a third of the time).
     */
    private Tensor withPast(Tensor x, FrameCache cache) {
        Tensor past = cache.past(this);
        Tensor first = x.narrow(2, 0, 1);
        if (past == null && x.size(2) == 1 && (DType.of(x).bytes() >= 4 || GradMode.is_enabled())) {
            cache.remember(this, Ops.cat(2, first, first));
            return x;
        }
        Tensor seen = past == null ? Ops.cat(2, first, first, x) : Ops.cat(2, past, x);
        cache.remember(this, seen.narrow(2, seen.size(2) - BEFORE, BEFORE));
        return seen;
    }
}
