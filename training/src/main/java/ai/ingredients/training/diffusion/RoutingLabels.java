package ai.ingredients.training.diffusion;

import ai.ingredients.transformer.RoutingLoss;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Whose token is whose, for the routing loss. */
public final class RoutingLabels {
    private RoutingLabels() {}

    /**
     * The owner of every token.
     *
     * @param coverage share of every latent that is a person's, 0 to 255: [N, f, h, w]
     * @param patch latents along a side of a token
     * @param least share of a token the person must cover
     * @return [V] int64, by frame, row, column
     */
    public static Tensor of(Tensor coverage, int patch, double least) {
        Tensor shares = torch.avg_pool2d(coverage.to(ScalarType.Float), patch); // [N, f, h/p, w/p]
        Tensor owner = shares.argmax(new org.bytedeco.pytorch.LongOptional(0), false);
        Tensor covered = shares.amax(new long[] {0}, false).ge(new Scalar(255 * least));
        Tensor background = torch.full_like(owner, new Scalar(RoutingLoss.BACKGROUND));
        return owner.where(covered, background).flatten();
    }
}
