package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Transfers;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What the people contribute to every denoising step, computed once per video: at each routed block the cross-attention's
 * keys and values and the router's key of each person. One set of people for all elements of a batch, or, in training,
 * one for each.
 *
 * <p>Made by {@link VideoTransformer#prepare}; the tensors belong to the scope that was innermost then. As made, the
 * routers decide alone; {@link #withBias}, {@link #routedAs} and {@link #hearing} interfere.
 */
public final class IdentityContext {
    /** Constants of one routed block. {@code routerKeys} [1 or B, N, D]. */
    record Routed(IdentityAttention.KeyValue keyValue, Tensor routerKeys) {}

    private final Tensor tokens;
    private final List<Routed> blocks;
    private final @Nullable Tensor bias;
    private final @Nullable HeardWords heard;
    private final long first;

    /** @param tokens [1 or B, N, Q, D] that {@code blocks} were made of */
    IdentityContext(Tensor tokens, List<Routed> blocks) {
        this(tokens, blocks, null, null, 0);
    }

    private IdentityContext(
            Tensor tokens, List<Routed> blocks, @Nullable Tensor bias, @Nullable HeardWords heard, long first) {
        this.tokens = tokens;
        this.blocks = List.copyOf(blocks);
        this.bias = bias;
        this.heard = heard;
        this.first = first;
    }

    /** What the facial extractor made of the people, for looking at: [1 or B, N, Q, lfeOutputDim]. */
    public Tensor tokens() {
        return tokens;
    }

    /** How many people there are, over all elements of a batch. */
    public long count() {
        return tokens.size(0) * tokens.size(1);
    }

    Routed block(int routedIndex) {
        return blocks.get(routedIndex);
    }

    /**
     * The same people with a bias on who owns which token: {@code bias} is added to the logits of every router before the
     * softmax. The logits that {@link VideoTransformer.Output} returns, and so the routing loss, do not have it.
     *
     * @param bias [V, N] in the dtype of the model
     */
    public IdentityContext withBias(Tensor bias) {
        long people = blocks.getFirst().routerKeys.size(1);
        if (bias.dim() != 2 || bias.size(1) != people) {
            throw new InvalidInputException("the routing bias has shape " + Arrays.toString(Ops.shape(bias))
                    + "; expected [video tokens, " + people + " people]");
        }
        return new IdentityContext(tokens, blocks, bias, heard, first);
    }

    /** The same people in a video that hears words about them at their places alone. */
    public IdentityContext hearing(HeardWords words) {
        return new IdentityContext(tokens, blocks, bias, words, first);
    }

    /** Which words are heard where; none where all are heard everywhere. */
    @Nullable
    HeardWords heard() {
        return heard;
    }

    /**
     * The same people routed as others: person n receives the tokens that the routers would give to person
     * {@code order[n]}, and keeps their own features. Shows what the router contributes. Belongs to the current scope.
     *
     * @param order each person's index once
     */
    public IdentityContext routedAs(List<Integer> order) {
        Tensor index = Transfers.toDevice(
                Ops.tensor(order.stream().mapToLong(Integer::longValue).toArray(), order.size()),
                blocks.getFirst().routerKeys.device(),
                ScalarType.Long);
        return new IdentityContext(
                tokens,
                blocks.stream()
                        .map(block -> new Routed(block.keyValue, block.routerKeys.index_select(1, index)))
                        .toList(),
                bias,
                heard,
                first);
    }

    /**
     * The same people in a batch whose elements before {@code element} are made without them, as if nobody had been given:
     * what guidance by the photos starts from. The logits in {@link VideoTransformer.Output} are then of the others alone.
     *
     * @param element index, less than the batch's size; the people must be the same for the whole batch
     */
    public IdentityContext shownFrom(long element) {
        if (element < 0 || tokens.size(0) != 1) {
            throw new IllegalArgumentException(
                    "elements from " + element + " of people " + Arrays.toString(Ops.shape(tokens)));
        }
        return new IdentityContext(tokens, blocks, bias, heard, element);
    }

    /** The first element of the batch that is made with the people. */
    long first() {
        return first;
    }

    /** What decides about the tokens: logits [R, V, N] with the bias, where there is one. */
    Tensor biased(Tensor logits) {
        return bias == null ? logits : logits.add(bias);
    }

    /** The same with every tensor that people are made of replaced by what {@code change} makes of it. */
    IdentityContext map(UnaryOperator<Tensor> change) {
        return new IdentityContext(
                tokens,
                blocks.stream()
                        .map(block -> new Routed(
                                new IdentityAttention.KeyValue(
                                        change.apply(block.keyValue.key()), change.apply(block.keyValue.value())),
                                change.apply(block.routerKeys)))
                        .toList(),
                bias,
                heard,
                first);
    }
}
