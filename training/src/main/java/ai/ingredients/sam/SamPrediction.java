package ai.ingredients.sam;

import ai.ingredients.tensor.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Masks for B prompts, C each, in fp32 on the network's device; owned by the scope they were made in.
 *
 * @param logits [B, C, 4 · grid, 4 · grid] over the whole input, beyond the picture too; may be given back as a prompt
 * @param iouScores [B, C], how well each mask is expected to overlap with the truth
 * @param frame how the picture lies in the input
 */
public record SamPrediction(Tensor logits, Tensor iouScores, LongestSide frame) {
    /** The logit above which the reference counts a pixel in. */
    public static final double REFERENCE_THRESHOLD = 0;

    /** The logits at the picture's size, [B, C, height, width]: enlarged to the input, cropped, then resized. */
    public Tensor pictureLogits() {
        return Scope.of(() -> {
            Tensor input = torch.upsample_bilinear2d(logits, new long[] {frame.side(), frame.side()}, false);
            Tensor filled = input.narrow(2, 0, frame.scaledHeight()).narrow(3, 0, frame.scaledWidth());
            return torch.upsample_bilinear2d(filled, new long[] {frame.height(), frame.width()}, false);
        });
    }

    /** Which pixels of the picture belong to the masks, [B, C, height, width], boolean. */
    public Tensor masks() {
        return Scope.of(() -> pictureLogits().gt(new Scalar(REFERENCE_THRESHOLD)));
    }
}
