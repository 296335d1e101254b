package ai.ingredients.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/**
 * Words of a prompt that stand for vectors of their own: rows behind the text encoder's embedding table, as textual
 * inversion learns them (<em>An Image is Worth One Word</em>, arXiv 2208.01618).
 *
 * <p>Such a word is written in angle brackets, {@code <anna>}, and is found in the raw prompt, before it is cut into
 * pieces; what is around it is tokenised as if the word ended the text there. It counts as many tokens as it has vectors.
 * {@link PromptEncoder#with} uses them.
 *
 * <p>Borrows its tensors. Immutable.
 */
public final class TokenEmbeddings {
    /** No such words. */
    public static final TokenEmbeddings NONE = new TokenEmbeddings(Map.of());

    private static final int LONGEST_NAME = 60;
    private static final Pattern NAME = Pattern.compile("<[^<>\\s]{1," + LONGEST_NAME + "}>");
    /** T5's own, whatever the tokenizer's files say. */
    private static final Pattern RESERVED = Pattern.compile("</?s>|<pad>|<unk>|<extra_id_\\d+>");

    private final Map<String, Tensor> words;

    private TokenEmbeddings(Map<String, Tensor> words) {
        this.words = Collections.unmodifiableMap(new LinkedHashMap<>(words));
    }

    /**
     * Words with their vectors.
     *
     * @param words by name, see {@link #name}: [vectors, d_model] each, borrowed; may require gradients
     * @throws InvalidInputException when a name is none
     */
    public static TokenEmbeddings of(Map<String, Tensor> words) {
        words.forEach((name, vectors) -> {
            if (!name.equals(name(name))) {
                throw new InvalidInputException("\"" + name + "\" is no name of a learned word; write " + name(name));
            }
            if (vectors.dim() != 2) {
                throw new IllegalArgumentException(
                        name + " has " + vectors.dim() + " dimensions, not [vectors, width]");
            }
        });
        return new TokenEmbeddings(words);
    }

    /** The words of files, in new fp32 tensors on the CPU that belong to the innermost scope. */
    public static TokenEmbeddings of(Collection<LearnedWord> learned) {
        Map<String, Tensor> words = new LinkedHashMap<>();
        learned.forEach(word -> words.put(word.name(), word.tensor()));
        return new TokenEmbeddings(words);
    }

    /**
     * How prompts write the word {@code text}: in angle brackets, which are added where they are missing.
     *
     * @throws InvalidInputException when it has spaces or brackets inside, is too long, or is one of T5's own
     */
    public static String name(String text) {
        String name = text.startsWith("<") && text.endsWith(">") ? text : "<" + text + ">";
        if (!NAME.matcher(name).matches()) {
            throw new InvalidInputException("\"" + text + "\" cannot name a learned word; use up to " + LONGEST_NAME
                    + " letters without spaces and angle brackets, such as <anna>");
        }
        if (RESERVED.matcher(name).matches()) {
            throw new InvalidInputException(
                    name + " means something to T5 itself; choose another name, such as <anna>");
        }
        return name;
    }

    /** What in {@code prompt} looks like a learned word and is none of {@code known}, each once. */
    public static List<String> unknownIn(String prompt, Set<String> known) {
        List<String> unknown = new ArrayList<>();
        for (Matcher found = NAME.matcher(prompt); found.find(); ) {
            String name = found.group();
            if (!known.contains(name) && !RESERVED.matcher(name).matches() && !unknown.contains(name)) {
                unknown.add(name);
            }
        }
        return unknown;
    }

    /** Names of the words, in order. */
    public Set<String> names() {
        return words.keySet();
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return words.isEmpty();
    }

    /** The vectors of every word by its name: [vectors, d_model]. */
    Map<String, Tensor> vectors() {
        return words;
    }

    /** The ids of every word: {@code first} for the first vector of the first word, then rising. */
    Map<String, int[]> ids(int first) {
        Map<String, int[]> ids = new LinkedHashMap<>();
        int next = first;
        for (Map.Entry<String, Tensor> word : words.entrySet()) {
            int[] own = new int[Math.toIntExact(word.getValue().size(0))];
            for (int i = 0; i < own.length; i++) {
                own[i] = next++;
            }
            ids.put(word.getKey(), own);
        }
        return ids;
    }

    /** All vectors in the order of {@link #ids}: [rows, d_model], differentiable. */
    Tensor rows() {
        return Ops.cat(0, words.values().toArray(Tensor[]::new));
    }
}
