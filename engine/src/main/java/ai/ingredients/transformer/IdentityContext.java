package ai.ingredients.transformer;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What the people contribute to every denoising step, computed once per video: at each routed block the cross-attention's
 * keys and values and the router's key of each person.
 *
 * <p>Made by {@link VideoTransformer#prepare}; the tensors belong to the scope that was innermost then.
 */
public final class IdentityContext {
    /** Constants of one routed block. {@code routerKeys} [N, D]. */
    record Routed(IdentityAttention.KeyValue keyValue, Tensor routerKeys) {}

    private final List<Routed> blocks;

    IdentityContext(List<Routed> blocks) {
        this.blocks = List.copyOf(blocks);
    }

    Routed block(int routedIndex) {
        return blocks.get(routedIndex);
    }
}
