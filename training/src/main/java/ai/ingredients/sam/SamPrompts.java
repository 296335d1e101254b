package ai.ingredients.sam;

import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What to segment: B prompts about one picture, each of points, a box, a mask or several of them. Coordinates are pixels
 * of SAM's input, see {@link LongestSide}; tensors are fp32 on the network's device.
 *
 * @param points [B, N, 2], x and y; or none
 * @param labels of the points, [B, N]: 1 belongs to the thing, 0 does not, −1 is no point; none without points
 * @param boxes [B, 4], left, top, right, bottom; or none
 * @param masks [B, 1, 4 · grid, 4 · grid], logits of an earlier answer; or none
 */
public record SamPrompts(
        @Nullable Tensor points,
        @Nullable Tensor labels,
        @Nullable Tensor boxes,
        @Nullable Tensor masks) {
    public SamPrompts {
        if ((points == null) != (labels == null)) {
            throw new IllegalArgumentException("points and labels go together");
        }
        if (points == null && boxes == null && masks == null) {
            throw new IllegalArgumentException("a prompt has points, a box or a mask");
        }
    }

    /** B, the number of prompts. */
    long count() {
        if (points != null) {
            return points.size(0);
        }
        return boxes != null ? boxes.size(0) : Objects.requireNonNull(masks).size(0);
    }

    /** A box each, [B, 4]. */
    public static SamPrompts boxes(Tensor boxes) {
        return new SamPrompts(null, null, boxes, null);
    }

    /** Points each, [B, N, 2] with labels [B, N]. */
    public static SamPrompts points(Tensor points, Tensor labels) {
        return new SamPrompts(points, labels, null, null);
    }
}
