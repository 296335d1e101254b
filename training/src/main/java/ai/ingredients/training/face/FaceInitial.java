package ai.ingredients.training.face;

import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Initialiser;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** First values of the convolutional face networks: as {@link Initialiser}, and PyTorch's own for PReLU and variances. */
final class FaceInitial implements Weights.Initial {
    private static final double PRELU = 0.25;
    /** Keeps the variance through a convolution whose input was cut off at zero (He et al., arXiv 1502.01852). */
    private static final double GAIN = Math.sqrt(2);

    private final Initialiser others;

    FaceInitial(long seed) {
        others = new Initialiser(seed, GAIN);
    }

    @Override
    public Tensor values(String name, long... shape) {
        if (name.endsWith("prelu.weight")) {
            return constant(PRELU, shape);
        }
        return name.endsWith("running_var") ? constant(1, shape) : others.values(name, shape);
    }

    private static Tensor constant(double value, long... shape) {
        return Ops.plus(torch.zeros(shape, new TensorOptions(ScalarType.Float)), value);
    }
}
