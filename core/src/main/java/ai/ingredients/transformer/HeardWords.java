package ai.ingredients.transformer;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Words that are heard at the place of the person they stand for: of the logit with which video token v attends to text token
 * t about person n, b · (1 − s[v, n]) is taken off, where s is the share of v that is n's place. Other words, and the attention
 * of the text, stay as they are.
 *
 * <p>The bias has as many ranks as there are people, so it is a product of a few more channels of queries and keys, and no
 * matrix of all tokens by all tokens is needed (regional prompting without a mask).
 *
 * @param queries [T + V, P]: 1 − s of each person, 0 for the text
 * @param keys [T + V, P]: −b at the person whose word it is
 */
public record HeardWords(Tensor queries, Tensor keys) {
    /** Kernels like widths that are multiples of it. */
    private static final int CHANNELS = 8;

    /**
     * On the device and in the dtype of {@code compute}, in the current scope.
     *
     * @param words whose each text token is, less than 0 for nobody's
     * @param shares s, [V, N]
     * @param people N
     * @param strength b, more than 0
     * @return none where all words are nobody's
     */
    public static @Nullable HeardWords of(long[] words, float[] shares, int people, double strength, Compute compute) {
        if (Arrays.stream(words).allMatch(word -> word < 0)) {
            return null;
        }
        int width = channels(people);
        int tokens = words.length + shares.length / people;
        float[] queries = new float[tokens * width];
        float[] keys = new float[tokens * width];
        for (int i = 0; i < tokens; i++) {
            if (i >= words.length) {
                for (int n = 0; n < people; n++) {
                    queries[i * width + n] = 1 - shares[(i - words.length) * people + n];
                }
            } else if (words[i] >= 0) {
                keys[i * width + (int) words[i]] = (float) -strength;
            }
        }
        return new HeardWords(
                compute.place(Ops.tensor(queries, tokens, width)), compute.place(Ops.tensor(keys, tokens, width)));
    }

    /** P: how many channels queries and keys have more, of each head. */
    public static int channels(int people) {
        return Math.ceilDiv(people, CHANNELS) * CHANNELS;
    }

    /**
     * Attention in which the last element of the batch, the one made with prompt and people, hears them so.
     *
     * @param query [B, heads, T + V, headDim]
     * @param key the same
     * @param value the same
     * @return the same
     */
    Tensor attention(Tensor query, Tensor key, Tensor value) {
        long headDim = query.size(3);
        double scale = 1 / Math.sqrt(headDim);
        Tensor more = beside(query, queries);
        Tensor none = torch.zeros_like(more);
        Tensor asked = torch.zeros_like(more);
        long last = query.size(0) - 1;
        asked.narrow(0, last, 1).copy_(more.narrow(0, last, 1));
        return Ops.attention(
                        Ops.cat(3, query, asked),
                        Ops.cat(3, key, Ops.scale(beside(key, keys), 1 / scale)),
                        Ops.cat(3, value, none),
                        scale)
                .narrow(3, 0, headDim);
    }

    /** [T + V, P] for every element and head of {@code like}. */
    private static Tensor beside(Tensor like, Tensor channels) {
        return channels.expand(like.size(0), like.size(1), channels.size(0), channels.size(1));
    }
}
