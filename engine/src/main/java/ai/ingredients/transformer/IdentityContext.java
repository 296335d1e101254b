package ai.ingredients.transformer;

import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What the people contribute to every denoising step, computed once per video: at each routed block the cross-attention's
 * keys and values and the router's key of each person.
 *
 * <p>Made by {@link VideoTransformer#prepare} and owned by whoever asked for it: the tensors belong to the scope that
 * was open then, or, after {@link #retain}, to this object until {@link #close}.
 */
public final class IdentityContext implements AutoCloseable {
    /** Constants of one routed block. {@code routerKeys} [N, D]. */
    record Routed(IdentityAttention.KeyValue keyValue, Tensor routerKeys) {}

    private final Tensor identityTokens;
    private final List<Routed> blocks;
    private boolean retained;

    IdentityContext(Tensor identityTokens, List<Routed> blocks) {
        this.identityTokens = identityTokens;
        this.blocks = List.copyOf(blocks);
    }

    /** Number of people N. */
    public int people() {
        return Math.toIntExact(identityTokens.size(0));
    }

    /** The extractor's output [N, Q, identityDim]. */
    public Tensor identityTokens() {
        return identityTokens;
    }

    Routed block(int routedIndex) {
        return blocks.get(routedIndex);
    }

    /** Keeps the tensors alive beyond the current scope, until {@link #close}. */
    public IdentityContext retain() {
        if (!retained) {
            retained = true;
            tensors().forEach(Scope::retain);
        }
        return this;
    }

    private List<Tensor> tensors() {
        List<Tensor> all = new ArrayList<>();
        all.add(identityTokens);
        for (Routed block : blocks) {
            all.add(block.keyValue.key());
            all.add(block.keyValue.value());
            all.add(block.routerKeys);
        }
        return all;
    }

    @Override
    public void close() {
        if (retained) {
            retained = false;
            tensors().forEach(Tensor::close);
        }
    }
}
