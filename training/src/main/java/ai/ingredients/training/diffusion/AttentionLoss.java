package ai.ingredients.training.diffusion;

import ai.ingredients.tensor.Ops;
import ai.ingredients.transformer.RoutingLoss;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Teaches a person's tokens to attend to the words about that person: of the attention they give to words about anybody,
 * −log of the share that goes to their own, mean over such tokens and over blocks. The localisation of cross-attention in
 * FastComposer (arXiv 2305.10431, section 3.3), as a ratio, so that what goes to other words is free.
 *
 * @param loss a scalar; 0 where no token counts
 * @param accuracy share of the tokens that give most of it to their own words; not a number where no token counts
 */
record AttentionLoss(Tensor loss, Tensor accuracy) {
    private static final double LEAST = 1e-6;

    /**
     * Of tokens whose owner has words, in captions with words about two people or more.
     *
     * @param attention a tensor [B, V, T] per block, rows sum to 1
     * @param owners of the words: int64 [B, T], {@link RoutingLoss#BACKGROUND} where they are nobody's
     * @param labels of the tokens: int64 [B, V], the same
     */
    static AttentionLoss of(List<Tensor> attention, Tensor owners, Tensor labels) {
        Scalar none = new Scalar(RoutingLoss.BACKGROUND);
        Scalar first = new Scalar(0);
        long people = Math.max(owners.max().item().toLong(), labels.max().item().toLong()) + 1;
        Tensor wanted = labels.clamp_min(first); // [B, V]
        if (people < 1) {
            Tensor nothing = Ops.scale(attention.getFirst().sum(), 0);
            return new AttentionLoss(nothing, nothing.div(first));
        }
        Tensor words = torch.one_hot(owners.clamp_min(first), people)
                .mul(owners.ne(none).unsqueeze(2))
                .to(ScalarType.Float); // [B, T, N]
        Tensor told = words.sum(new long[] {1}).gt(first); // [B, N]
        Tensor counts = labels.ne(none)
                .logical_and(told.gather(1, wanted))
                .logical_and(told.sum(new long[] {1}).gt(new Scalar(1)).unsqueeze(1)); // [B, V]
        Tensor total = counts.sum();
        List<Tensor> losses = new ArrayList<>();
        List<Tensor> right = new ArrayList<>();
        for (Tensor block : attention) {
            Tensor shares = block.to(ScalarType.Float).bmm(words); // [B, V, N]
            Tensor own = shares.gather(2, wanted.unsqueeze(2)).squeeze(2); // [B, V]
            Tensor share = own.div(shares.sum(new long[] {2}).clamp_min(new Scalar(LEAST)));
            Tensor error = share.clamp_min(new Scalar(LEAST)).log().neg();
            losses.add(error.mul(counts).sum().div(total.clamp_min(new Scalar(1))));
            right.add(shares.detach()
                    .argmax(new LongOptional(2), false)
                    .eq(wanted)
                    .logical_and(counts)
                    .sum()
                    .to(ScalarType.Float)
                    .div(total));
        }
        return new AttentionLoss(mean(losses), mean(right));
    }

    private static Tensor mean(List<Tensor> ofBlocks) {
        return Ops.stack(0, ofBlocks.toArray(Tensor[]::new)).mean();
    }
}
