package ai.ingredients.sam;

import ai.ingredients.nn.LayerNorm;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;

/** Layer normalisation over the channels of every pixel, as the official {@code LayerNorm2d}. */
record ChannelNorm(LayerNorm norm) {
    private static final double EPS = 1e-6;

    static ChannelNorm of(Weights weights, long channels) {
        return new ChannelNorm(LayerNorm.of(weights, channels, EPS));
    }

    /** [B, channels, H, W] → the same. */
    Tensor forward(Tensor x) {
        return norm.forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);
    }
}
