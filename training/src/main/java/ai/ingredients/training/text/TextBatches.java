package ai.ingredients.training.text;

import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.text.Tokens;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongFunction;

/**
 * Batches to train a text encoder on, by number: the same number and seed give the same batch, whatever was asked
 * before, so that a resumed training sees what an uninterrupted one would have seen.
 *
 * <p>Some pieces of every caption are hidden, as in BERT (arXiv 1810.04805, section 3.1): 80 % of them read
 * {@code <extra_id_0>}, 10 % another piece, and 10 % stay, so that the encoder is also used to whole captions. Captions
 * are padded to the length they will have when a video model reads them, because the padding is attended.
 *
 * <p>Borrows the tokenizer. Thread-safe if {@code captions} is.
 */
final class TextBatches {
    private static final double READS_MASK = 0.8;
    private static final double READS_OTHER = 0.1;
    /** Ids below are special. */
    private static final int FIRST_PIECE = Vocabulary.SPECIAL.size();

    private final LongFunction<LabelledText> captions;
    private final T5Tokenizer tokenizer;
    private final LabelClasses classes;
    private final TextStage.Settings settings;
    private final long seed;
    private final int mask;

    /**
     * Batches of {@code captions}, of which batch {@code i} reads the numbers {@code i·B … i·B + B − 1}.
     *
     * @param captions any number's caption
     */
    TextBatches(
            LongFunction<LabelledText> captions,
            T5Tokenizer tokenizer,
            LabelClasses classes,
            TextStage.Settings settings,
            long seed) {
        this.captions = captions;
        this.tokenizer = tokenizer;
        this.classes = classes;
        this.settings = settings;
        this.seed = seed;
        this.mask = tokenizer.ids("<extra_id_0>")[0];
    }

    /** A question: see the components of {@link TextBatch}. */
    private record Question(long place, int kind, long answer) {}

    /** Batch {@code index}, counted from 0. */
    TextBatch batch(long index) {
        int rows = settings.batch();
        int length = settings.maxLength();
        int labelCount = classes.values().size();
        long[] ids = new long[rows * length];
        long[] labels = new long[rows * labelCount];
        List<Question> questions = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            long number = index * rows + row;
            LabelledText caption = captions.apply(number);
            Tokens tokens = tokenizer.encode(caption.text(), length);
            long[] read = tokens.ids().clone();
            // The multiplier keeps the draws of neighbouring seeds apart: the numbers of captions are neighbours too.
            SplittableRandom random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + number);
            ask(tokens, read, (long) row * length, random, questions);
            System.arraycopy(read, 0, ids, row * length, length);
            System.arraycopy(classes.numbers(caption), 0, labels, row * labelCount, labelCount);
        }
        questions.sort(Comparator.comparingInt(Question::kind));
        return new TextBatch(
                index * rows,
                rows,
                ids,
                questions.stream().mapToLong(Question::place).toArray(),
                questions.stream().mapToLong(Question::kind).toArray(),
                questions.stream().mapToLong(Question::answer).toArray(),
                labels);
    }

    /**
     * Hides pieces of {@code read} and asks for them and for neighbours; {@code first} is the caption's first place.
     */
    private void ask(Tokens tokens, long[] read, long first, SplittableRandom random, List<Question> questions) {
        int pieces = tokens.count() - 1; // without </s>
        int certain = pieces == 0 ? 0 : random.nextInt(pieces); // one at least, or short captions would teach nothing
        for (int i = 0; i < pieces; i++) {
            long piece = tokens.ids()[i];
            if (random.nextDouble() < settings.hidden() || i == certain) {
                questions.add(new Question(first + i, 0, piece));
                double draw = random.nextDouble();
                if (draw < READS_MASK) {
                    read[i] = mask;
                } else if (draw < READS_MASK + READS_OTHER) {
                    read[i] = random.nextLong(FIRST_PIECE, tokenizer.size());
                }
            }
            if (settings.neighbours() > 0 && random.nextDouble() < settings.asked()) {
                int kind = random.nextInt(2 * settings.neighbours());
                int neighbour = i + distance(kind);
                if (neighbour >= 0 && neighbour < tokens.count()) {
                    questions.add(new Question(first + i, 1 + kind, tokens.ids()[neighbour]));
                }
            }
        }
    }

    /** −1, +1, −2, +2, … */
    private static int distance(int kind) {
        return (kind / 2 + 1) * (kind % 2 == 0 ? -1 : 1);
    }
}
