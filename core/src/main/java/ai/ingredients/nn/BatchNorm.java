package ai.ingredients.nn;

import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalisation over the second dimension, as {@code torch.nn.BatchNorm1d} and {@code BatchNorm2d}.
 *
 * @param weight [channels]
 * @param bias [channels]
 * @param mean running mean, [channels]; changed by {@link #forward} when training
 * @param variance running variance, [channels]; likewise
 * @param eps added to the variance
 * @param statistics where mean and variance come from
 */
public record BatchNorm(Tensor weight, Tensor bias, Tensor mean, Tensor variance, double eps, Statistics statistics) {
    /** What the values are normalised with. */
    public enum Statistics {
        /** The running mean and variance: a module in evaluation mode. */
        RUNNING,
        /** Those of the batch, towards which the running ones move: a module in training mode. */
        BATCH
    }

    /** How far one batch moves the running statistics; PyTorch's default. */
    private static final double MOMENTUM = 0.1;

    /** As {@link #of(Weights, long, double, Statistics)} with running statistics. */
    public static BatchNorm of(Weights weights, long channels, double eps) {
        return of(weights, channels, eps, Statistics.RUNNING);
    }

    /**
     * {@code weight}, {@code bias}, {@code running_mean} and {@code running_var} of {@code weights}' scope. When training
     * in half precision all four are fp32, since a bf16 mean cannot move by small steps.
     */
    public static BatchNorm of(Weights weights, long channels, double eps, Statistics statistics) {
        return of(weights, channels, eps, statistics, Weights::tensor);
    }

    /** As {@link #of(Weights, long, double, Statistics)}, with a {@code weight} that is never learned. */
    public static BatchNorm ofFixedScale(Weights weights, long channels, double eps, Statistics statistics) {
        return of(weights, channels, eps, statistics, Weights::buffer);
    }

    private interface Scale {
        Tensor take(Weights weights, String name, long... shape);
    }

    private static BatchNorm of(Weights weights, long channels, double eps, Statistics statistics, Scale scale) {
        boolean half = weights.compute().dtype().bytes() < DType.FP32.bytes();
        Weights own = half && statistics == Statistics.BATCH ? weights.in(DType.FP32) : weights;
        own.ignore("num_batches_tracked"); // counts for a momentum that nobody uses
        return new BatchNorm(
                scale.take(own, "weight", channels),
                own.tensor("bias", channels),
                own.buffer("running_mean", channels),
                own.buffer("running_var", channels),
                eps,
                statistics);
    }

    /** [B, channels, ...] → the same. */
    public Tensor forward(Tensor x) {
        return torch.batch_norm(
                x,
                Ops.optional(weight),
                Ops.optional(bias),
                Ops.optional(mean),
                Ops.optional(variance),
                statistics == Statistics.BATCH,
                MOMENTUM,
                eps,
                true);
    }
}
