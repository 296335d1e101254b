package ai.ingredients.training.face;

import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Weights;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One linear classifier per trait of a person, such as the colour of the hair: they tell a network from the first step
 * what to look at, while who is who can only be learned once it looks. Used in training only.
 */
final class TraitHeads {
    private final List<Integer> sizes;
    private final Linear heads;

    /** Takes {@code weight} and {@code bias} of {@code weights}' scope: [Σ sizes, dim]. */
    TraitHeads(Weights weights, List<Integer> sizes, long dim) {
        this.sizes = sizes;
        heads = Linear.of(
                weights, dim, sizes.stream().mapToInt(Integer::intValue).sum());
    }

    /**
     * Mean cross-entropy over traits and people, as a share of what guessing would have; fp32.
     *
     * @param features [B, dim]
     * @param traits [B, traits], int64
     */
    Tensor loss(Tensor features, Tensor traits) {
        Tensor logits = heads.forward(features).to(ScalarType.Float); // [B, Σ sizes]
        Tensor[] losses = new Tensor[sizes.size()];
        long at = 0;
        for (int i = 0; i < losses.length; i++) {
            Tensor own = logits.narrow(1, at, sizes.get(i));
            losses[i] = torch.cross_entropy_loss(own, traits.select(1, i)).div(new Scalar(Math.log(sizes.get(i))));
            at += sizes.get(i);
        }
        return Ops.stack(0, losses).mean();
    }
}
