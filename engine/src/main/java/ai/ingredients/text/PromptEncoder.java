package ai.ingredients.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/**
 * From a prompt to the text condition of the video transformer: tokenizer, then encoder.
 *
 * <p>Borrows both; the caller closes the tokenizer and the encoder's weights. Thread-safe.
 *
 * @param tokenizer ids of a text
 * @param encoder vectors of the ids
 */
public record PromptEncoder(T5Tokenizer tokenizer, T5Encoder encoder) {
    /**
     * An encoded prompt.
     *
     * @param embeddings [1, T, d_model], owned by the scope that was innermost at the call
     * @param tokens the ids it was made of, and what was cut off
     */
    public record Prompt(Tensor embeddings, Tokens tokens) {}

    public PromptEncoder {
        if (tokenizer.size() > encoder.config().vocabSize()) {
            throw new InvalidInputException(
                    "the tokenizer knows " + tokenizer.size() + " ids but the text encoder has embeddings for "
                            + encoder.config().vocabSize()
                            + ": tokenizer/ and text_encoder/ do not belong together; use both from one release");
        }
    }

    /**
     * Encodes {@code text}. The padding takes part in the encoding, so another {@code maxLength} gives other vectors;
     * use the one the video transformer was trained with ({@code max_text_seq_length}, 226 in the releases).
     *
     * @param maxLength T, tokens including {@code </s>}
     */
    public Prompt encode(String text, int maxLength) {
        Tokens tokens = tokenizer.encode(text, maxLength);
        return new Prompt(Scope.of(() -> encoder.forward(tokens.tensor())), tokens);
    }
}
