package ai.ingredients.training.text;

/**
 * A piece of text that a tokenizer knows.
 *
 * @param text the piece, with {@value #SPACE} where the text has a space
 * @param score natural logarithm of its probability
 */
public record Piece(String text, double score) {
    /** What SentencePiece writes for a space; every word begins with one. */
    public static final char SPACE = '▁';
}
