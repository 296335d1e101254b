package ai.ingredients.text;

import ai.ingredients.tensor.Ops;
import org.bytedeco.pytorch.Tensor;

/**
 * A tokenised prompt, padded to the length the model wants.
 *
 * @param ids token ids: the text, {@code </s>}, then padding (0)
 * @param count ids before the padding, {@code </s>} included
 * @param cutText the end of the prompt that did not fit, as text; empty when everything did
 */
public record Tokens(long[] ids, int count, String cutText) {
    /** The ids as [1, T] int64 on the CPU, owned by the innermost scope. */
    public Tensor tensor() {
        return Ops.tensor(ids, 1, ids.length);
    }
}
