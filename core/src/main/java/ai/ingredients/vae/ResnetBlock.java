package ai.ingredients.vae;

import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Two normalised convolutions beside a shortcut, which is a 1x1x1 convolution where the width changes. Source:
 * {@code CogVideoXResnetBlock3D}; it has no timestep embedding and no dropout here, as in every published autoencoder.
 */
record ResnetBlock(
        NormedConv first, NormedConv second, @Nullable Conv3d shortcut) implements Layer {

    /** How a half of the autoencoder makes a norm of {@code channels} from the weights in a scope. */
    interface Norms {
        Norm of(Weights weights, long channels);
    }

    static ResnetBlock of(Weights weights, long in, long out, Norms norms) {
        return new ResnetBlock(
                new NormedConv(norms.of(weights.at("norm1"), in), CausalConv3d.of(weights.at("conv1"), in, out)),
                new NormedConv(norms.of(weights.at("norm2"), out), CausalConv3d.of(weights.at("conv2"), out, out)),
                in == out ? null : Conv3d.pointwise(weights.at("conv_shortcut"), in, out));
    }

    /** [B, in, T, H, W] → [B, out, T, H, W]. */
    @Override
    public Tensor forward(Tensor x, Pass pass) {
        return Scope.of(() -> {
            Tensor hidden = second.forward(() -> first.forward(x, pass), pass);
            return Fresh.plus(hidden, shortcut == null ? x : shortcut.forward(x));
        });
    }
}
