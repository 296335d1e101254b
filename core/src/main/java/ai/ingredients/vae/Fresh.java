package ai.ingredients.vae;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Element-wise steps on a tensor that nobody else uses. Where nothing is recorded for autograd they overwrite it: at
 * the finest resolution one such tensor takes over a gigabyte. Same numbers either way.
 *
 * <p>They return {@code own} itself: what libtorch's in-place methods return in Java is a second name for the
 * argument's native object that owns nothing, and dangles once the argument is freed.
 */
final class Fresh {
    private Fresh() {}

    /** {@code own · sigmoid(own)}. */
    static Tensor silu(Tensor own) {
        if (GradMode.is_enabled()) {
            return torch.silu(own);
        }
        torch.silu_(own);
        return own;
    }

    /** {@code own + term}, broadcast to {@code own}'s shape. */
    static Tensor plus(Tensor own, Tensor term) {
        if (GradMode.is_enabled()) {
            return own.add(term);
        }
        own.add_(term);
        return own;
    }

    /** {@code own · scale + shift}, broadcast to {@code own}'s shape; rounded after each of the two steps. */
    static Tensor affine(Tensor own, Tensor scale, Tensor shift) {
        if (GradMode.is_enabled()) {
            return own.mul(scale).add(shift);
        }
        own.mul_(scale);
        own.add_(shift);
        return own;
    }
}
