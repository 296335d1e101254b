package ai.ingredients.nn;

import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Square 2D convolution, as {@code torch.nn.Conv2d}.
 *
 * @param weight [out, in / groups, kernel, kernel]
 * @param bias [out], or none
 * @param stride in pixels
 * @param padding zeros added on each side, in pixels
 * @param groups into how many parts the channels fall that do not see each other
 */
public record Conv2d(Tensor weight, @Nullable Tensor bias, long stride, long padding, long groups) {
    /** With bias: {@code weight} and {@code bias} of {@code weights}' scope. */
    public static Conv2d of(Weights weights, long in, long out, long kernel, long stride, long padding) {
        return new Conv2d(
                weights.tensor("weight", out, in, kernel, kernel), weights.tensor("bias", out), stride, padding, 1);
    }

    /** Without bias: {@code weight} of {@code weights}' scope. */
    public static Conv2d withoutBias(Weights weights, long in, long out, long kernel, long stride, long padding) {
        return new Conv2d(weights.tensor("weight", out, in, kernel, kernel), null, stride, padding, 1);
    }

    /** Each channel by itself, without bias: {@code weight} of {@code weights}' scope. */
    public static Conv2d depthwise(Weights weights, long channels, long kernel, long stride, long padding) {
        return new Conv2d(weights.tensor("weight", channels, 1, kernel, kernel), null, stride, padding, channels);
    }

    /** [B, in, H, W] → [B, out, H', W']. */
    public Tensor forward(Tensor x) {
        long[] strides = {stride, stride};
        return torch.conv2d(
                x, weight, Ops.optional(bias), strides, new long[] {padding, padding}, new long[] {1, 1}, groups);
    }
}
