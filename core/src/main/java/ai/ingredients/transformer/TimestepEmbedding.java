package ai.ingredients.transformer;

import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The diffusion time as a vector: sines and cosines of many wavelengths, then two linear layers.
 *
 * <p>Source: diffusers {@code Timesteps} and {@code TimestepEmbedding}.
 */
final class TimestepEmbedding {
    private static final double MAX_PERIOD = 10_000;

    private final TransformerConfig config;
    private final long width;
    private final Linear linear1;
    private final Linear linear2;

    TimestepEmbedding(Weights weights, TransformerConfig config) {
        this(weights, config, config.innerDim());
    }

    /** Of sines and cosines {@code width} wide. */
    TimestepEmbedding(Weights weights, TransformerConfig config, long width) {
        this.config = config;
        this.width = width;
        linear1 = Linear.of(weights.at("linear_1"), width, config.timeEmbedDim());
        linear2 = Linear.of(weights.at("linear_2"), config.timeEmbedDim(), config.timeEmbedDim());
    }

    /** Timesteps [B] → [B, width] fp32. */
    Tensor project(Tensor timesteps) {
        long half = width / 2;
        TensorOptions there = new TensorOptions(ScalarType.Float).device(new DeviceOptional(timesteps.device()));
        Tensor exponents = torch.arange(new Scalar(half), there) // on the device, as in diffusers: nothing is copied
                .mul(new Scalar(-Math.log(MAX_PERIOD)))
                .div(new Scalar(half - config.freqShift()));
        Tensor angles = torch.outer(timesteps.to(ScalarType.Float), exponents.exp()); // [B, width/2]
        return config.flipSinToCos() ? Ops.cat(1, angles.cos(), angles.sin()) : Ops.cat(1, angles.sin(), angles.cos());
    }

    /** Timesteps [B] → [B, timeEmbedDim] in {@code dtype}. */
    Tensor forward(Tensor timesteps, ScalarType dtype) {
        return linear2.forward(torch.silu(linear1.forward(project(timesteps).to(dtype))));
    }
}
