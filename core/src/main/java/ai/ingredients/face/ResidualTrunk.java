package ai.ingredients.face;

import ai.ingredients.nn.BatchNorm;
import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * What {@link IResNet} and {@link CurricularFace} share: first convolution and residual blocks.
 *
 * @param stemSlope of the PReLU behind the first convolution
 */
record ResidualTrunk(IResNetConfig config, ConvNorm stem, Tensor stemSlope, List<Block> blocks) {
    /**
     * From faces to features.
     *
     * @param pixels [B, 3, inputSize, inputSize] in R, G, B order, from −1 to 1
     * @return [B, widths[3], inputSize/16, inputSize/16]
     */
    Tensor forward(Tensor pixels) {
        if (pixels.size(2) != config.inputSize() || pixels.size(3) != config.inputSize()) {
            throw new IllegalArgumentException("the recogniser takes faces of " + config.inputSize() + "x"
                    + config.inputSize() + ", not " + pixels.size(3) + "x" + pixels.size(2));
        }
        Tensor hidden = Scope.of(() -> torch.prelu(stem.forward(pixels), stemSlope)); // [B, widths[0], H, W]
        for (Block block : blocks) {
            Tensor input = hidden;
            hidden = Scope.of(() -> block.forward(input));
        }
        return hidden;
    }

    /**
     * Norm, 3x3, norm, PReLU, 3x3 (which carries the stride), norm, and the shortcut.
     *
     * @param shortcut absent where every {@code stride}-th pixel is taken as it is
     */
    record Block(
            BatchNorm norm,
            ConvNorm first,
            Tensor slope,
            ConvNorm second,
            long stride,
            @Nullable ConvNorm shortcut) {
        Tensor forward(Tensor x) {
            Tensor inner = torch.prelu(first.forward(norm.forward(x)), slope);
            return second.forward(inner).add(shortcut == null ? thinned(x) : shortcut.forward(x));
        }

        private Tensor thinned(Tensor x) {
            long[] one = {1, 1};
            return stride == 1
                    ? x
                    : torch.max_pool2d(x, one, new long[] {stride, stride}, new long[] {0, 0}, one, false);
        }
    }
}
