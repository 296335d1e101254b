package ai.ingredients.transformer;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Transfers;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

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
            if (!Transfers.truth(wanted.ne(new Scalar(BACKGROUND)).any())) {
                continue; // the mean over no tokens: the official code turns its NaN into 0
            }
            for (Tensor logits : routingLogits) {
                perElement.add(torch.cross_entropy_loss(
                        logits.select(0, b), wanted, Ops.optional(null), MEAN, BACKGROUND, 0.0));
            }
        }
        if (perElement.isEmpty()) {
            return Transfers.toDevice(
                    torch.zeros(new long[0]),
                    labels.device(),
                    routingLogits.getFirst().scalar_type());
        }
        double divisor = (double) routingLogits.size() * labels.size(0);
        return Ops.stack(0, perElement.toArray(Tensor[]::new)).sum().div(new Scalar(divisor));
    }

    /**
     * The ablation of Table 3: mean squared error between the router's weights (softmax over people) and the labels as
     * one-hot vectors, over the same tokens and in the same means as {@link #crossEntropy}.
     */
    public static Tensor meanSquare(List<Tensor> routingLogits, Tensor labels) {
        Tensor labelled = labels.ne(new Scalar(BACKGROUND)); // [B, V]
        Tensor counts = labelled.sum(new long[] {1}).clamp_min(new Scalar(1)); // [B]
        List<Tensor> perBlock = new ArrayList<>();
        for (Tensor logits : routingLogits) {
            long people = logits.size(2);
            Tensor wanted =
                    torch.one_hot(labels.clamp_min(new Scalar(0)), people).to(ScalarType.Float);
            Tensor error = logits.to(ScalarType.Float)
                    .softmax(2)
                    .sub(wanted)
                    .square()
                    .mean(new long[] {2}, false, new ScalarTypeOptional());
            perBlock.add(error.mul(labelled).sum(new long[] {1}).div(counts).mean());
        }
        return Ops.stack(0, perBlock.toArray(Tensor[]::new)).mean();
    }

    /**
     * The share of labelled tokens that each block's router gives to the right person, mean over blocks.
     *
     * @return a scalar in [0, 1]; NaN without labelled tokens
     */
    public static Tensor accuracy(List<Tensor> routingLogits, Tensor labels) {
        Tensor labelled = labels.ne(new Scalar(BACKGROUND));
        List<Tensor> perBlock = new ArrayList<>();
        for (Tensor logits : routingLogits) {
            Tensor right = logits.detach()
                    .argmax(new LongOptional(2), false)
                    .eq(labels)
                    .logical_and(labelled);
            perBlock.add(right.sum().to(ScalarType.Float).div(labelled.sum()));
        }
        return Ops.stack(0, perBlock.toArray(Tensor[]::new)).mean();
    }
}
