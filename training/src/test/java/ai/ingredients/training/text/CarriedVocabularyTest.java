package ai.ingredients.training.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.weights.TensorStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CarriedVocabularyTest {
    @TempDir
    private Path folder;

    private T5Tokenizer tokenizer(String name, int size) throws IOException {
        List<String> captions = Files.readAllLines(Fixture.path("text_training/captions.txt"));
        UnigramTrainer.train(captions, UnigramTrainer.Settings.ofSize(size)).write(folder.resolve(name), 40);
        return T5Tokenizer.open(folder.resolve(name));
    }

    /** A table in which row i is (i, −i). */
    private static Tensor numbered(int rows) {
        float[] values = new float[2 * rows];
        for (int i = 0; i < rows; i++) {
            values[2 * i] = i;
            values[2 * i + 1] = -i;
        }
        return Ops.tensor(values, rows, 2);
    }

    @Test
    void aPieceKeepsItsRowAndANewOneHasTheMeanOfItsParts() throws IOException {
        try (Scope scope = Scope.inference();
                T5Tokenizer old = tokenizer("old", 200);
                T5Tokenizer wider = tokenizer("wider", 300)) {
            Tensor table = numbered(old.size());
            TensorStore stored = TensorStore.of(Map.of("shared.weight", table, "encoder.x", table), "start");
            CarriedVocabulary carried = CarriedVocabulary.of(stored, old, wider);

            assertThat(carried.info("shared.weight").shape()).containsExactly((long) wider.size(), 2L);
            assertThat(carried.info("encoder.x").shape()).containsExactly((long) old.size(), 2L);
            float[] rows = Ops.floats(carried.get("shared.weight"));
            assertThat(rows).hasSize(2 * wider.size());
            Map<String, Integer> before = old.vocabulary();
            int kept = 0;
            int made = 0;
            for (Map.Entry<String, Integer> piece : wider.vocabulary().entrySet()) {
                Integer same = before.get(piece.getKey());
                double expected = same == null
                        ? Arrays.stream(withoutEnd(old.ids(piece.getKey().replace('▁', ' '))))
                                .average()
                                .orElseThrow()
                        : same;
                assertThat(rows[2 * piece.getValue()]).as(piece.getKey()).isEqualTo((float) expected, within(1e-4f));
                assertThat(rows[2 * piece.getValue() + 1]).isEqualTo(-rows[2 * piece.getValue()]);
                kept += same == null ? 0 : 1;
                made += same == null ? 1 : 0;
            }
            assertThat(kept).as("pieces that both have").isGreaterThan(200);
            assertThat(made).as("new pieces").isGreaterThan(20);
        }
    }

    private static int[] withoutEnd(int[] ids) {
        return Arrays.copyOf(ids, ids.length - 1);
    }

    @Test
    void aTokenizerOfAnotherEncoderIsRefused() throws IOException {
        try (Scope scope = Scope.inference();
                T5Tokenizer old = tokenizer("old", 200)) {
            TensorStore stored = TensorStore.of(Map.of("shared.weight", numbered(50)), "start");
            assertThatThrownBy(() -> CarriedVocabulary.of(stored, old, old))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("start: shared.weight has 50 rows but its tokenizer " + old.size()
                            + " ids; give `start-tokenizer` the folder of the tokenizer it learned with");
        }
    }
}
