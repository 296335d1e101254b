package ai.ingredients.transformer;

import ai.ingredients.tensor.Ops;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The routing loss L_route: how far the router's choice of a person for each video token is from the truth. Paper
 * section 3.3; source: the official transformer's training branch.
 */
public final class RoutingLoss {
    /** Label of a token that no person covers; such tokens are left out. */
    public static final long BACKGROUND = -1;

    /** Meaning 0 in libtorch's C++ reductions is none, 1 the mean. */
    private static final long MEAN = 1;

    private RoutingLoss() {}

    /**
     * Cross-entropy of the routing logits against the labels, mean over labelled tokens, then over blocks, then over the
     * batch. An element of the batch whose tokens are all background contributes 0, and so do elements for which no
     * logits were made (all but the first with {@link Routing#REFERENCE}, which halves the loss of a batch of two: the
     * official behaviour).
     *
     * @param routingLogits one tensor [R, V, N] per routed block
     * @param labels person index of every token, or {@link #BACKGROUND}: int64 [B, V], B ≥ R
     * @return a scalar
     */
    public static Tensor crossEntropy(List<Tensor> routingLogits, Tensor labels) {
        List<Tensor> perElement = new ArrayList<>();
        for (long b = 0; b < routingLogits.getFirst().size(0); b++) {
            Tensor wanted = labels.select(0, b); // [V]
            if (!wanted.ne(new Scalar(BACKGROUND)).any().item().toBool()) {
                continue; // the mean over no tokens: the official code turns its NaN into 0
            }
            for (Tensor logits : routingLogits) {
                perElement.add(torch.cross_entropy_loss(
                        logits.select(0, b), wanted, Ops.optional(null), MEAN, BACKGROUND, 0.0));
            }
        }
        if (perElement.isEmpty()) {
            return torch.zeros(new long[0])
                    .to(labels.device(), routingLogits.getFirst().scalar_type());
        }
        double divisor = (double) routingLogits.size() * labels.size(0);
        return Ops.stack(0, perElement.toArray(Tensor[]::new)).sum().div(new Scalar(divisor));
    }
}
