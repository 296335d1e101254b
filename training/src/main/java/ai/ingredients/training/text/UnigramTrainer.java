package ai.ingredients.training.text;

import ai.ingredients.InvalidInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Finds the pieces of a SentencePiece vocabulary: a unigram language model over the words of a text.
 *
 * <p>Starts from the most frequent substrings of words. Expectation-maximisation then fits the pieces' probabilities to
 * all ways of cutting the words, and the pieces whose loss would cost the text the least probability are dropped, in
 * turns, until the wanted size is reached. Characters are never dropped, so that every text of known characters can be
 * written. A piece lies inside one word, begins it or not, and does not mix letters, digits and punctuation.
 *
 * <p>Deterministic: the order of the sentences does not matter. Memory grows with the number of different words, not
 * with the length of the text.
 *
 * <p>Source: Kudo, <em>Subword Regularization</em>, arXiv 1804.10959, section 3.2; the sparse maximisation step with
 * the digamma function as in the SentencePiece trainer.
 */
public final class UnigramTrainer {
    /** Below this expected count a piece is not worth its place. */
    private static final double RARE = 0.5;
    /** What a character counts at least, so that unseen ones get a finite score far below the others. */
    private static final double CHARACTER_FLOOR = 0.1;
    /** Pruning by loss stops this far above the wanted size; the rest goes by probability. */
    private static final double MARGIN = 1.1;

    private final Settings settings;
    private final Map<String, Long> words;
    private final Set<String> characters;

    private UnigramTrainer(Settings settings, Map<String, Long> words) {
        this.settings = settings;
        this.words = words;
        this.characters = new TreeSet<>();
        words.keySet().forEach(word -> word.codePoints().forEach(c -> characters.add(Character.toString(c))));
        settings.alphabet().codePoints().forEach(c -> characters.add(Character.toString(c)));
    }

    /**
     * How to train.
     *
     * @param size pieces wanted, the three special ones included; fewer come out of a text with fewer words
     * @param longest code points of the longest piece
     * @param seeds substrings to start from
     * @param rounds expectation-maximisation rounds between two prunings
     * @param keep share of the pieces that a pruning leaves
     * @param alphabet characters the vocabulary gets even if the text lacks them
     */
    public record Settings(int size, int longest, int seeds, int rounds, double keep, String alphabet) {
        public Settings {
            if (size < 8 || longest < 1 || seeds < size || rounds < 1 || !(keep > 0 && keep < 1)) {
                throw new InvalidInputException("a vocabulary of " + size + " pieces of at most " + longest
                        + " characters from " + seeds + " substrings, " + rounds + " rounds, keeping " + keep
                        + ": use a size of at least 8, at least as many substrings, at least one round and a share"
                        + " between 0 and 1");
            }
        }

        /** The usual settings; printable ASCII is always part of the vocabulary. */
        public static Settings ofSize(int size) {
            StringBuilder ascii = new StringBuilder();
            IntStream.rangeClosed('!', '~').forEach(ascii::appendCodePoint);
            return new Settings(size, 16, Math.max(size, 100_000), 2, 0.75, ascii.toString());
        }
    }

    /**
     * The vocabulary of {@code sentences}, which are read once.
     *
     * @throws InvalidInputException when there is no text, or the size does not even hold its characters
     */
    public static Vocabulary train(Iterable<String> sentences, Settings settings) {
        UnigramTrainer trainer = new UnigramTrainer(settings, countWords(sentences));
        if (trainer.words.isEmpty()) {
            throw new InvalidInputException("there is no text to make a vocabulary of; give at least one caption");
        }
        int needed = trainer.characters.size() + Vocabulary.SPECIAL.size();
        if (needed > settings.size()) {
            throw new InvalidInputException("a vocabulary of " + settings.size()
                    + " pieces is too small: the text's characters and the special tokens alone are " + needed
                    + "; ask for a few hundred more than that");
        }
        return new Vocabulary(trainer.pieces());
    }

    /** Every different word with its space in front, and how often it occurs. */
    private static Map<String, Long> countWords(Iterable<String> sentences) {
        Map<String, Long> words = new TreeMap<>();
        for (String sentence : sentences) {
            for (String word : CharacterMap.apply(sentence).split(" ")) {
                if (!word.isEmpty()) {
                    words.merge(Piece.SPACE + word, 1L, Long::sum);
                }
            }
        }
        return words;
    }

    private List<Piece> pieces() {
        int wanted = settings.size() - Vocabulary.SPECIAL.size();
        List<Piece> pieces = fit(seeds());
        while (pieces.size() > MARGIN * wanted) {
            pieces = fit(prune(pieces, (int) Math.max(MARGIN * wanted, settings.keep() * pieces.size())));
        }
        return fit(likeliest(pieces, wanted));
    }

    /** All characters, and the substrings of words that cover most of the text. */
    private List<Piece> seeds() {
        Map<String, Long> counts = new HashMap<>();
        words.forEach((word, count) -> {
            int[] letters = word.codePoints().toArray();
            for (int begin = 0; begin < letters.length; begin++) {
                for (int n = 1; n <= settings.longest() && begin + n <= letters.length; n++) {
                    if (n > 1 && !sameKind(letters, begin, begin + n)) {
                        break;
                    }
                    counts.merge(new String(letters, begin, n), count, Long::sum);
                }
            }
        });
        characters.forEach(character -> counts.putIfAbsent(character, 1L));
        List<Piece> seeds = new ArrayList<>();
        counts.forEach((text, count) -> {
            if (count > 1 || characters.contains(text)) {
                seeds.add(new Piece(text, count * (double) text.codePointCount(0, text.length())));
            }
        });
        List<Piece> chosen = likeliest(seeds, Math.max(settings.seeds(), characters.size()));
        double total = chosen.stream().mapToDouble(Piece::score).sum();
        return chosen.stream()
                .map(piece -> new Piece(piece.text(), Math.log(piece.score() / total)))
                .toList();
    }

    /** Whether the last of [begin, end) goes with the one before it: one script, or digits, and no space inside. */
    private static boolean sameKind(int[] letters, int begin, int end) {
        int last = letters[end - 1];
        int before = letters[end - 2];
        if (last == Piece.SPACE) {
            return false;
        }
        return before == Piece.SPACE && end - 2 == begin || kind(last).equals(kind(before));
    }

    private static String kind(int letter) {
        return Character.isLetter(letter)
                ? Character.UnicodeScript.of(letter).name()
                : Character.isDigit(letter) ? "digit" : "other";
    }

    /** The characters and the {@code size} − characters other pieces of highest score. */
    private List<Piece> likeliest(List<Piece> pieces, int size) {
        List<Piece> kept = new ArrayList<>();
        List<Piece> others = new ArrayList<>();
        for (Piece piece : pieces) {
            (characters.contains(piece.text()) ? kept : others).add(piece);
        }
        others.sort(Comparator.comparingDouble(Piece::score).reversed().thenComparing(Piece::text));
        kept.addAll(others.subList(0, Math.min(others.size(), size - kept.size())));
        kept.sort(Comparator.comparingDouble(Piece::score).reversed().thenComparing(Piece::text));
        return kept;
    }

    /** Expectation-maximisation: the same pieces without those that became rare, with better probabilities. */
    private List<Piece> fit(List<Piece> start) {
        List<Piece> pieces = start;
        for (int round = 0; round < settings.rounds(); round++) {
            double[] expected = new double[pieces.size()];
            SegmentationLattice lattice = new SegmentationLattice(pieces);
            words.forEach((word, count) -> lattice.addExpectations(word, count, expected));
            List<Piece> counted = new ArrayList<>();
            for (int i = 0; i < expected.length; i++) {
                String text = pieces.get(i).text();
                if (characters.contains(text)) {
                    counted.add(new Piece(text, Math.max(expected[i], CHARACTER_FLOOR)));
                } else if (expected[i] >= RARE) {
                    counted.add(new Piece(text, expected[i]));
                }
            }
            double total = digamma(counted.stream().mapToDouble(Piece::score).sum());
            pieces = counted.stream()
                    .map(piece -> new Piece(piece.text(), digamma(piece.score()) - total))
                    .toList();
        }
        return likeliest(pieces, pieces.size());
    }

    /** The {@code size} pieces without which the text would lose the most probability, and all characters. */
    private List<Piece> prune(List<Piece> pieces, int size) {
        SegmentationLattice lattice = new SegmentationLattice(pieces);
        double[] uses = new double[pieces.size()];
        words.forEach((word, count) -> {
            for (int piece : lattice.best(word)) {
                uses[piece] += count;
            }
        });
        double total = 0;
        for (double count : uses) {
            total += count;
        }
        Map<String, Double> loss = new HashMap<>();
        for (int i = 0; i < uses.length; i++) {
            String text = pieces.get(i).text();
            int[] parts = characters.contains(text) ? new int[0] : lattice.bestInParts(text);
            if (uses[i] > 0 && parts.length > 0) {
                loss.put(text, uses[i] * (Math.log(uses[i] / total) - partsScore(parts, uses, uses[i], total)));
            }
        }
        List<Piece> ranked = new ArrayList<>();
        for (Piece piece : pieces) {
            if (loss.containsKey(piece.text()) || characters.contains(piece.text())) {
                ranked.add(new Piece(piece.text(), loss.getOrDefault(piece.text(), 0.0)));
            }
        }
        Set<String> kept = new HashSet<>();
        likeliest(ranked, size).forEach(piece -> kept.add(piece.text()));
        return pieces.stream().filter(piece -> kept.contains(piece.text())).toList();
    }

    /** Log-probability of the {@code parts} that would stand where a piece stood {@code moved} times. */
    private static double partsScore(int[] parts, double[] uses, double moved, double total) {
        double newTotal = total + moved * (parts.length - 1);
        double score = 0;
        for (int part : parts) {
            score += Math.log((uses[part] + moved) / newTotal);
        }
        return score;
    }

    /** The derivative of ln Γ, by its asymptotic series above 7. */
    private static double digamma(double value) {
        double x = value;
        double sum = 0;
        for (; x < 7; x++) {
            sum -= 1 / x;
        }
        double square = 1 / (x * x);
        return sum
                + Math.log(x)
                - 0.5 / x
                - square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square / 240)));
    }
}
