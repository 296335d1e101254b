package ai.ingredients.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * From a prompt to the text condition of the video transformer: tokenizer, then encoder.
 *
 * <p>Borrows all three; the caller closes the tokenizer and the encoder's weights. Thread-safe.
 *
 * @param tokenizer ids of a text
 * @param encoder vectors of the ids
 * @param words words of prompts that stand for vectors of their own
 */
public record PromptEncoder(T5Tokenizer tokenizer, T5Encoder encoder, TokenEmbeddings words) {
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
        words.vectors().forEach((name, vectors) -> {
            if (vectors.size(1) != encoder.config().dModel()) {
                throw new InvalidInputException(name + " has vectors of " + vectors.size(1)
                        + " numbers, the text encoder has " + encoder.config().dModel());
            }
            if (tokenizer.isSpecial(name)) {
                throw new InvalidInputException(
                        name + " is a token of the tokenizer already; learn the word under another name");
            }
        });
    }

    /** For prompts without words of their own. */
    public PromptEncoder(T5Tokenizer tokenizer, T5Encoder encoder) {
        this(tokenizer, encoder, TokenEmbeddings.NONE);
    }

    /** The same tokenizer and encoder with these words instead. */
    public PromptEncoder with(TokenEmbeddings learned) {
        return new PromptEncoder(tokenizer, encoder, learned);
    }

    /**
     * Encodes {@code text}. The padding takes part in the encoding, so another {@code maxLength} gives other vectors;
     * use the one the video transformer was trained with ({@code max_text_seq_length}, 226 in the releases).
     *
     * @param maxLength T, tokens including {@code </s>}; a learned word takes as many as it has vectors
     */
    public Prompt encode(String text, int maxLength) {
        Tokens tokens = tokens(text, maxLength);
        return new Prompt(embeddings(List.of(tokens)), tokens);
    }

    /** Tokenises {@code text} as {@link #encode} does; learned words have the ids behind the encoder's vocabulary. */
    public Tokens tokens(String text, int maxLength) {
        return tokenizer.encode(text, maxLength, words.ids(firstLearned()));
    }

    /**
     * Words of a text that belong to somebody.
     *
     * @param owner 0 or more
     * @param start of the words in the text
     * @param end behind them
     */
    public record Owned(int owner, int start, int end) {}

    /** A token that belongs to nobody. */
    public static final int NOBODYS = -1;

    /**
     * Whose each token of {@code text} is. Pieces never reach over a space, so that as many as there are before words and up
     * to their end say which are theirs; a piece that reaches out of them, and what is cut off, is nobody's.
     *
     * @param maxLength T, as for {@link #encode}
     * @return T owners, or {@link #NOBODYS}
     */
    public long[] owners(String text, List<Owned> owned, int maxLength) {
        long[] owners = new long[maxLength];
        Arrays.fill(owners, NOBODYS);
        if (owned.isEmpty()) {
            return owners;
        }
        long[] all = pieces(text, maxLength);
        for (Owned words : owned) {
            long[] before = pieces(text.substring(0, words.start()).strip(), maxLength);
            long[] with = pieces(text.substring(0, words.end()), maxLength);
            int same = Arrays.mismatch(with, all);
            int end = same < 0 ? all.length : same;
            if (end > before.length && Arrays.mismatch(before, all) == before.length) {
                Arrays.fill(owners, before.length, end, words.owner());
            }
        }
        return owners;
    }

    /** Without the end. */
    private long[] pieces(String text, int maxLength) {
        Tokens tokens = tokens(text, maxLength);
        return Arrays.copyOf(tokens.ids(), tokens.count() - 1);
    }

    private int firstLearned() {
        return Math.toIntExact(encoder.config().vocabSize());
    }

    /**
     * Encodes texts of one length. Differentiable with respect to the vectors of learned words.
     *
     * @param texts from {@link #tokens} with the same words
     * @return [B, T, d_model] in the dtype and on the device of the encoder
     */
    public Tensor embeddings(List<Tokens> texts) {
        int length = texts.getFirst().ids().length;
        int first = firstLearned();
        long[] pieces = new long[texts.size() * length]; // those of learned words stay 0 and are replaced below
        List<Long> places = new ArrayList<>();
        List<Long> rows = new ArrayList<>();
        for (int i = 0; i < pieces.length; i++) {
            long id = texts.get(i / length).ids()[i % length];
            if (id < first) {
                pieces[i] = id;
            } else {
                places.add((long) i);
                rows.add(id - first);
            }
        }
        return Scope.of(() -> {
            Tensor ids = Ops.tensor(pieces, texts.size(), length);
            if (places.isEmpty()) {
                return encoder.forward(ids);
            }
            Tensor embedded = encoder.embed(ids); // [B, T, d]
            Tensor learned = words.rows()
                    .to(embedded.device(), embedded.scalar_type())
                    .index_select(0, numbers(rows).to(embedded.device(), ScalarType.Long));
            Tensor joined = embedded.flatten(0, 1)
                    .index_copy(0, numbers(places).to(embedded.device(), ScalarType.Long), learned); // [B·T, d]
            return encoder.encode(joined.view(embedded.sizes()));
        });
    }

    private static Tensor numbers(List<Long> values) {
        return Ops.tensor(values.stream().mapToLong(Long::longValue).toArray(), values.size());
    }
}
