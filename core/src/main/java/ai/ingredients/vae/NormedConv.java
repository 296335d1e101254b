package ai.ingredients.vae;

import ai.ingredients.tensor.Scope;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** Norm, SiLU, causal convolution: half a residual block, and the end of encoder and decoder. */
record NormedConv(Norm norm, CausalConv3d conv) implements Layer {
    /** [B, in, T, H, W] → [B, out, T, H, W]. */
    @Override
    public Tensor forward(Tensor x, Pass pass) {
        return forward(() -> x, pass);
    }

    /** As above; {@code input} is made here and freed once it is normalised. */
    Tensor forward(Supplier<Tensor> input, Pass pass) {
        return conv.forward(() -> Fresh.silu(Scope.of(() -> norm.forward(input.get(), pass))), pass);
    }
}
