package ai.ingredients.metrics;

import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Inception-v3 up to its last pooling: a picture becomes 2048 features.
 *
 * <p>Source: arXiv 1512.00567 as in torchvision's {@code inception_v3} with {@code transform_input}, which its published
 * weights switch on; state-dict names are torchvision's. The classifiers of the checkpoint ({@code fc},
 * {@code AuxLogits}) are left aside.
 *
 * <p>Weights belong to the {@link Weights} given; this object owns nothing. Safe for concurrent forwards.
 */
final class InceptionV3 {
    /** Side of the pictures it was trained with, pixels. */
    static final int SIDE = 299;
    /** Features of one picture. */
    static final int WIDTH = 2048;

    private static final int SMALLEST = 75; // one pixel is left before the last pooling
    private static final double EPS = 1e-3;
    /** From a picture normalised for ImageNet to one in [−1, 1]. */
    private static final float[] SCALE = {0.229f / 0.5f, 0.224f / 0.5f, 0.225f / 0.5f};

    private static final float[] SHIFT = {(0.485f - 0.5f) / 0.5f, (0.456f - 0.5f) / 0.5f, (0.406f - 0.5f) / 0.5f};

    private final Compute compute;
    private final List<UnaryOperator<Tensor>> layers = new ArrayList<>();

    /** Takes the network from {@code weights}; call {@link Weights#verify} afterwards. */
    InceptionV3(Weights weights) {
        compute = weights.compute();
        layers.add(Conv.of(weights.at("Conv2d_1a_3x3"), 3, 32, 3, 2, 0));
        layers.add(Conv.of(weights.at("Conv2d_2a_3x3"), 32, 32, 3, 1, 0));
        layers.add(Conv.of(weights.at("Conv2d_2b_3x3"), 32, 64, 3, 1, 1));
        layers.add(InceptionV3::maxPool);
        layers.add(Conv.of(weights.at("Conv2d_3b_1x1"), 64, 80, 1, 1, 0));
        layers.add(Conv.of(weights.at("Conv2d_4a_3x3"), 80, 192, 3, 1, 0));
        layers.add(InceptionV3::maxPool);
        layers.add(blockA(weights.at("Mixed_5b"), 192, 32));
        layers.add(blockA(weights.at("Mixed_5c"), 256, 64));
        layers.add(blockA(weights.at("Mixed_5d"), 288, 64));
        layers.add(blockB(weights.at("Mixed_6a"), 288));
        layers.add(blockC(weights.at("Mixed_6b"), 768, 128));
        layers.add(blockC(weights.at("Mixed_6c"), 768, 160));
        layers.add(blockC(weights.at("Mixed_6d"), 768, 160));
        layers.add(blockC(weights.at("Mixed_6e"), 768, 192));
        layers.add(blockD(weights.at("Mixed_7a"), 768));
        layers.add(blockE(weights.at("Mixed_7b"), 1280));
        layers.add(blockE(weights.at("Mixed_7c"), 2048));
        weights.at("AuxLogits").ignore(name -> true);
        weights.at("fc").ignore(name -> true);
    }

    /**
     * Features of pictures.
     *
     * @param pixels [B, 3, H, W] in R, G, B order, normalised with mean and deviation of ImageNet; sides of at least 75
     * @return [B, 2048], owned by the innermost scope
     */
    Tensor forward(Tensor pixels) {
        if (pixels.size(2) < SMALLEST || pixels.size(3) < SMALLEST) {
            throw new IllegalArgumentException("Inception-v3 takes pictures of at least " + SMALLEST + "x" + SMALLEST
                    + ", not " + pixels.size(3) + "x" + pixels.size(2));
        }
        Tensor hidden = Scope.of(() -> {
            Tensor scale = compute.place(Ops.tensor(SCALE, 1, 3, 1, 1));
            Tensor shift = compute.place(Ops.tensor(SHIFT, 1, 3, 1, 1));
            return compute.place(pixels).mul(scale).add(shift);
        });
        for (UnaryOperator<Tensor> layer : layers) {
            Tensor input = hidden;
            hidden = Scope.of(() -> layer.apply(input));
        }
        Tensor last = hidden; // [B, 2048, 8, 8] at 299x299
        return Scope.of(() -> last.mean(2, 3)); // the dropout behind it does nothing outside training
    }

    /** A convolution without bias, its normalisation, and ReLU. */
    private record Conv(Tensor weight, BatchNorm norm, long stride, long[] padding) implements UnaryOperator<Tensor> {
        /** A square kernel. */
        static Conv of(Weights weights, long in, long out, long kernel, long stride, long padding) {
            return of(weights, in, out, kernel, kernel, stride, new long[] {padding, padding});
        }

        /** A kernel of {@code height} x {@code width} that keeps the picture's size. */
        static Conv same(Weights weights, long in, long out, long height, long width) {
            return of(weights, in, out, height, width, 1, new long[] {height / 2, width / 2});
        }

        /** A 3x3 kernel that halves the picture's size. */
        static Conv halving(Weights weights, long in, long out) {
            return of(weights, in, out, 3, 2, 0);
        }

        private static Conv of(
                Weights weights, long in, long out, long height, long width, long stride, long[] padding) {
            Tensor kernel = weights.at("conv").tensor("weight", out, in, height, width);
            return new Conv(kernel, BatchNorm.of(weights.at("bn"), out, EPS), stride, padding);
        }

        @Override
        public Tensor apply(Tensor x) {
            long[] strides = {stride, stride};
            Tensor product = torch.conv2d(x, weight, Ops.optional(null), strides, padding, new long[] {1, 1}, 1);
            return norm.forward(product).relu();
        }
    }

    private static Tensor maxPool(Tensor x) {
        return torch.max_pool2d(x, new long[] {3, 3}, new long[] {2, 2}, new long[] {0, 0}, new long[] {1, 1}, false);
    }

    /** The mean of 3x3 pixels, zeros beyond the edge counted. */
    private static Tensor smooth(Tensor x) {
        return torch.avg_pool2d(
                x, new long[] {3, 3}, new long[] {1, 1}, new long[] {1, 1}, false, true, new LongOptional());
    }

    /** One after the other. */
    @SafeVarargs
    private static UnaryOperator<Tensor> chain(UnaryOperator<Tensor>... steps) {
        return x -> {
            Tensor hidden = x;
            for (UnaryOperator<Tensor> step : steps) {
                hidden = step.apply(hidden);
            }
            return hidden;
        };
    }

    /** Beside each other, their channels joined. */
    @SafeVarargs
    private static UnaryOperator<Tensor> branches(UnaryOperator<Tensor>... branches) {
        return x -> {
            Tensor[] parts = new Tensor[branches.length];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = branches[i].apply(x);
            }
            return Ops.cat(1, parts);
        };
    }

    private static UnaryOperator<Tensor> blockA(Weights weights, long in, long pooled) {
        return branches(
                Conv.same(weights.at("branch1x1"), in, 64, 1, 1),
                chain(
                        Conv.same(weights.at("branch5x5_1"), in, 48, 1, 1),
                        Conv.same(weights.at("branch5x5_2"), 48, 64, 5, 5)),
                chain(
                        Conv.same(weights.at("branch3x3dbl_1"), in, 64, 1, 1),
                        Conv.same(weights.at("branch3x3dbl_2"), 64, 96, 3, 3),
                        Conv.same(weights.at("branch3x3dbl_3"), 96, 96, 3, 3)),
                chain(InceptionV3::smooth, Conv.same(weights.at("branch_pool"), in, pooled, 1, 1)));
    }

    private static UnaryOperator<Tensor> blockB(Weights weights, long in) {
        return branches(
                Conv.halving(weights.at("branch3x3"), in, 384),
                chain(
                        Conv.same(weights.at("branch3x3dbl_1"), in, 64, 1, 1),
                        Conv.same(weights.at("branch3x3dbl_2"), 64, 96, 3, 3),
                        Conv.halving(weights.at("branch3x3dbl_3"), 96, 96)),
                InceptionV3::maxPool);
    }

    private static UnaryOperator<Tensor> blockC(Weights weights, long in, long inner) {
        return branches(
                Conv.same(weights.at("branch1x1"), in, 192, 1, 1),
                chain(
                        Conv.same(weights.at("branch7x7_1"), in, inner, 1, 1),
                        Conv.same(weights.at("branch7x7_2"), inner, inner, 1, 7),
                        Conv.same(weights.at("branch7x7_3"), inner, 192, 7, 1)),
                chain(
                        Conv.same(weights.at("branch7x7dbl_1"), in, inner, 1, 1),
                        Conv.same(weights.at("branch7x7dbl_2"), inner, inner, 7, 1),
                        Conv.same(weights.at("branch7x7dbl_3"), inner, inner, 1, 7),
                        Conv.same(weights.at("branch7x7dbl_4"), inner, inner, 7, 1),
                        Conv.same(weights.at("branch7x7dbl_5"), inner, 192, 1, 7)),
                chain(InceptionV3::smooth, Conv.same(weights.at("branch_pool"), in, 192, 1, 1)));
    }

    private static UnaryOperator<Tensor> blockD(Weights weights, long in) {
        return branches(
                chain(
                        Conv.same(weights.at("branch3x3_1"), in, 192, 1, 1),
                        Conv.halving(weights.at("branch3x3_2"), 192, 320)),
                chain(
                        Conv.same(weights.at("branch7x7x3_1"), in, 192, 1, 1),
                        Conv.same(weights.at("branch7x7x3_2"), 192, 192, 1, 7),
                        Conv.same(weights.at("branch7x7x3_3"), 192, 192, 7, 1),
                        Conv.halving(weights.at("branch7x7x3_4"), 192, 192)),
                InceptionV3::maxPool);
    }

    private static UnaryOperator<Tensor> blockE(Weights weights, long in) {
        return branches(
                Conv.same(weights.at("branch1x1"), in, 320, 1, 1),
                chain(
                        Conv.same(weights.at("branch3x3_1"), in, 384, 1, 1),
                        branches(
                                Conv.same(weights.at("branch3x3_2a"), 384, 384, 1, 3),
                                Conv.same(weights.at("branch3x3_2b"), 384, 384, 3, 1))),
                chain(
                        Conv.same(weights.at("branch3x3dbl_1"), in, 448, 1, 1),
                        Conv.same(weights.at("branch3x3dbl_2"), 448, 384, 3, 3),
                        branches(
                                Conv.same(weights.at("branch3x3dbl_3a"), 384, 384, 1, 3),
                                Conv.same(weights.at("branch3x3dbl_3b"), 384, 384, 3, 1))),
                chain(InceptionV3::smooth, Conv.same(weights.at("branch_pool"), in, 192, 1, 1)));
    }
}
