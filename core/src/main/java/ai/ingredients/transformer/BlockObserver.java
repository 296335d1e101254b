package ai.ingredients.transformer;

import org.bytedeco.pytorch.Tensor;

/**
 * Looks at what the identity modules do inside {@link VideoTransformer#forward}: called behind every routed block, in
 * their order, on the computing thread. The tensors are made whether somebody looks or not, so looking changes no number
 * and costs what the observer itself does. They are valid during the call and must not be written to.
 */
@FunctionalInterface
public interface BlockObserver {
    /** Looks at nothing. */
    BlockObserver NONE = (block, hidden, residual, shares) -> {};

    /**
     * Block {@code block} was routed. B counts the elements of the batch that are made with the people
     * ({@link IdentityContext#shownFrom}); R is 1 with {@link Routing#REFERENCE}, else B.
     *
     * @param block index among all blocks of the transformer
     * @param hidden the block's video tokens, to which the residual is about to be added [B, V, D]
     * @param residual mixed identity features times the face scale [R, V, D]
     * @param shares how much of each person each token receives, 1 in sum over the people [R, V, N]
     */
    void routed(int block, Tensor hidden, Tensor residual, Tensor shares);
}
