package ai.ingredients.training.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.testing.Fixture;
import ai.ingredients.text.T5Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vocabulary, and that the SentencePiece library reads what we write as we mean it. */
class UnigramTrainerTest {
    private static List<String> captions;
    private static Vocabulary vocabulary;
    private static T5Tokenizer tokenizer;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void train() throws IOException {
        captions = Files.readAllLines(Fixture.path("text_training/captions.txt"));
        vocabulary = UnigramTrainer.train(captions, UnigramTrainer.Settings.ofSize(300));
        vocabulary.write(folder.resolve("tokenizer"), 48);
        tokenizer = T5Tokenizer.open(folder.resolve("tokenizer"));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @Test
    void theLibraryCutsEveryCaptionAsTheModelSays() {
        SegmentationLattice lattice = new SegmentationLattice(vocabulary.pieces());
        for (String caption : captions) {
            List<Integer> expected = new ArrayList<>();
            for (String word : caption.split(" ")) {
                for (int piece : lattice.best(Piece.SPACE + word)) {
                    expected.add(Vocabulary.SPECIAL.size() + piece);
                }
            }
            expected.add(T5Tokenizer.EOS);
            assertThat(tokenizer.ids(caption)).as(caption).containsExactly(ints(expected));
            assertThat(tokenizer.decode(tokenizer.ids(caption))).isEqualTo(caption + " </s>");
        }
    }

    /** SentencePiece's own trainer reaches 1.266 pieces a word on these captions with as many pieces. */
    @Test
    void wordsAreCutIntoFewPieces() {
        int words =
                captions.stream().mapToInt(caption -> caption.split(" ").length).sum();
        int pieces = captions.stream()
                .mapToInt(caption -> tokenizer.ids(caption).length - 1)
                .sum();
        assertThat((double) pieces / words).isLessThan(1.2);
    }

    @Test
    void idsAreT5s() {
        assertThat(tokenizer.size()).isEqualTo(vocabulary.size());
        assertThat(tokenizer.ids("<extra_id_0>")).containsExactly(vocabulary.size() - 1, 1);
        assertThat(tokenizer.ids("<extra_id_99>")).containsExactly(vocabulary.size() - 100, 1);
        assertThat(tokenizer.ids("<pad> <unk>")).startsWith(0).endsWith(2, 1);
        assertThat(tokenizer.ids("\u4f60")).endsWith(2, 1); // no caption had it
        assertThat(tokenizer.ids("QZ~7")).doesNotContain(2); // printable ASCII is always known
    }

    @Test
    void everyReplacedCharacterIsReadAsItsReplacement() {
        int replaced = 0;
        for (int c = 0; c < 0x10000; c++) {
            if (!Character.isSurrogate((char) c)
                    && !CharacterMap.apply(Character.toString(c)).equals(Character.toString(c))) {
                String text = "a" + Character.toString(c) + "b";
                assertThat(tokenizer.ids(text))
                        .as("U+%04X", c)
                        .containsExactly(tokenizer.ids(CharacterMap.apply(text)));
                replaced++;
            }
        }
        assertThat(replaced).isGreaterThan(300);
        assertThat(CharacterMap.apply("“Ａ”\u00a0—\tfi\uff01")).isEqualTo("\"A\" - fi!");
        assertThat(CharacterMap.apply("Zürich")).isEqualTo("Zürich");
        assertThat(tokenizer.ids("  A\n\n woman\t")).containsExactly(tokenizer.ids("A woman"));
    }

    @Test
    void theOrderOfTheCaptionsDoesNotMatter() {
        List<String> shuffled = new ArrayList<>(captions);
        Collections.shuffle(shuffled, new Random(1));
        assertThat(UnigramTrainer.train(shuffled, UnigramTrainer.Settings.ofSize(300)))
                .isEqualTo(vocabulary);
    }

    @Test
    void thePruningKeepsWhatTheTextNeeds() {
        List<String> stems = List.of("wander", "quilt", "blossom", "thunder", "marvel", "kindle", "jump", "cover");
        List<String> endings = List.of("ing", "ed", "er", "s", "less", "ful", "able", "ly");
        List<String> text = new ArrayList<>(); // every word once: only shared pieces pay
        stems.forEach(stem -> endings.forEach(ending -> text.add(stem + ending)));
        List<Piece> roomy = piecesOf(text, 45);
        assertThat(roomy).extracting(Piece::text).containsAll(endings);
        assertThat(roomy)
                .extracting(Piece::text)
                .containsAll(stems.stream().map(stem -> Piece.SPACE + stem).toList());
        assertThat(piecesPerWord(text, roomy)).isEqualTo(2);
        // Room for 8 pieces beside the characters: 6 to 8 pieces a word if they were chosen badly.
        assertThat(piecesPerWord(text, piecesOf(text, 36))).isLessThan(4);
    }

    private static List<Piece> piecesOf(List<String> text, int size) {
        List<Piece> pieces = UnigramTrainer.train(text, new UnigramTrainer.Settings(size, 16, 10_000, 2, 0.75, ""))
                .pieces();
        assertThat(pieces).hasSizeLessThanOrEqualTo(size - Vocabulary.SPECIAL.size());
        return pieces;
    }

    private static double piecesPerWord(List<String> words, List<Piece> pieces) {
        SegmentationLattice lattice = new SegmentationLattice(pieces);
        return words.stream()
                .mapToInt(word -> lattice.best(Piece.SPACE + word).length)
                .average()
                .orElseThrow();
    }

    @Test
    void expectationsAreThoseOfAllCuts() {
        List<Piece> pieces = List.of(
                new Piece("a", Math.log(0.3)),
                new Piece("b", Math.log(0.2)),
                new Piece("ab", Math.log(0.4)),
                new Piece("ba", Math.log(0.1)));
        // aba: a·b·a = 0.018, ab·a = 0.12, a·ba = 0.03
        double total = 0.168;
        double[] expected = new double[4];
        SegmentationLattice lattice = new SegmentationLattice(pieces);
        assertThat(lattice.addExpectations("aba", 10, expected)).isCloseTo(Math.log(total), within(1e-12));
        double[] byHand = {
            10 * (2 * 0.018 + 0.12 + 0.03) / total, 10 * 0.018 / total, 10 * 0.12 / total, 10 * 0.03 / total
        };
        IntStream.range(0, 4).forEach(i -> assertThat(expected[i]).isCloseTo(byHand[i], within(1e-9)));
        assertThat(lattice.best("aba")).containsExactly(2, 0);
        assertThat(lattice.best("ab")).containsExactly(2);
        assertThat(lattice.bestInParts("ab")).containsExactly(0, 1);
        assertThat(lattice.bestInParts("a")).isEmpty();
        assertThat(lattice.best("ac")).isEmpty();
    }

    @Test
    void piecesDoNotMixLettersAndPunctuation() {
        assertThat(vocabulary.pieces())
                .extracting(Piece::text)
                .noneMatch(piece -> piece.length() > 2 && piece.matches(".*\\p{L}.*") && piece.matches(".*\\p{P}.*"))
                .noneMatch(piece -> piece.lastIndexOf(Piece.SPACE) > 0);
    }

    @Test
    void badSettingsAreNamed() {
        assertThatThrownBy(() -> UnigramTrainer.train(List.of(" "), UnigramTrainer.Settings.ofSize(300)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no text");
        assertThatThrownBy(() -> UnigramTrainer.train(captions, UnigramTrainer.Settings.ofSize(50)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("a vocabulary of 50 pieces is too small");
        assertThatThrownBy(() -> UnigramTrainer.Settings.ofSize(3)).isInstanceOf(InvalidInputException.class);
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(i -> i).toArray();
    }
}
