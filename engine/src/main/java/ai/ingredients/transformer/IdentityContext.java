package ai.ingredients.transformer;

import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What the people contribute to every denoising step, computed once per video: at each routed block the cross-attention's
 * keys and values and the router's key of each person. One set of people for all elements of a batch, or, in training,
 * one for each.
 *
 * <p>Made by {@link VideoTransformer#prepare}; the tensors belong to the scope that was innermost then.
 */
public final class IdentityContext {
    /** Constants of one routed block. {@code routerKeys} [1 or B, N, D]. */
    record Routed(IdentityAttention.KeyValue keyValue, Tensor routerKeys) {}

    private final List<Routed> blocks;

    IdentityContext(List<Routed> blocks) {
        this.blocks = List.copyOf(blocks);
    }

    Routed block(int routedIndex) {
        return blocks.get(routedIndex);
    }

    /** The same with every tensor replaced by what {@code change} makes of it. */
    IdentityContext map(UnaryOperator<Tensor> change) {
        return new IdentityContext(blocks.stream()
                .map(block -> new Routed(
                        new IdentityAttention.KeyValue(
                                change.apply(block.keyValue.key()), change.apply(block.keyValue.value())),
                        change.apply(block.routerKeys)))
                .toList());
    }
}
