package ai.ingredients.face;

import ai.ingredients.nn.BatchNorm;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A convolution without bias and its batch normalisation. */
record ConvNorm(Conv2d conv, BatchNorm norm) {
    private static final double EPS = 1e-5;

    /** The pair stored as elements 0 and 1 of a {@code Sequential}; the picture keeps its size over {@code stride}. */
    static ConvNorm sequential(
            Weights weights, long in, long out, long kernel, long stride, BatchNorm.Statistics statistics) {
        return of(weights.at(0), weights.at(1), in, out, kernel, stride, statistics);
    }

    /** The pair stored under names of its own. */
    static ConvNorm of(
            Weights conv, Weights norm, long in, long out, long kernel, long stride, BatchNorm.Statistics statistics) {
        return new ConvNorm(Conv2d.withoutBias(conv, in, out, kernel, stride, kernel / 2), norm(norm, out, statistics));
    }

    /** A normalisation as all face networks have it. */
    static BatchNorm norm(Weights weights, long channels, BatchNorm.Statistics statistics) {
        return BatchNorm.of(weights, channels, EPS, statistics);
    }

    /** As {@link #norm} with a scale that is kept as it is. */
    static BatchNorm normOfFixedScale(Weights weights, long channels, BatchNorm.Statistics statistics) {
        return BatchNorm.ofFixedScale(weights, channels, EPS, statistics);
    }

    /** {@code x} where it is positive, {@code slope · x} elsewhere. */
    static Tensor leaky(Tensor x, double slope) {
        return torch.leaky_relu(x, new Scalar(slope));
    }

    Tensor forward(Tensor x) {
        return norm.forward(conv.forward(x));
    }
}
