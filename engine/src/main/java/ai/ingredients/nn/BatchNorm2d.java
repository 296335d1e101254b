package ai.ingredients.nn;

import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalisation with stored statistics, as {@code torch.nn.BatchNorm2d} in evaluation mode.
 *
 * @param weight [channels]
 * @param bias [channels]
 * @param mean running mean, [channels]
 * @param variance running variance, [channels]
 * @param eps added to the variance
 */
public record BatchNorm2d(Tensor weight, Tensor bias, Tensor mean, Tensor variance, double eps) {
    /** {@code weight}, {@code bias}, {@code running_mean} and {@code running_var} of {@code weights}' scope. */
    public static BatchNorm2d of(Weights weights, long channels, double eps) {
        weights.ignore("num_batches_tracked");
        return new BatchNorm2d(
                weights.tensor("weight", channels),
                weights.tensor("bias", channels),
                weights.tensor("running_mean", channels),
                weights.tensor("running_var", channels),
                eps);
    }

    /** [B, channels, H, W] → the same. */
    public Tensor forward(Tensor x) {
        return torch.batch_norm(
                x,
                Ops.optional(weight),
                Ops.optional(bias),
                Ops.optional(mean),
                Ops.optional(variance),
                false,
                0,
                eps,
                true);
    }
}
