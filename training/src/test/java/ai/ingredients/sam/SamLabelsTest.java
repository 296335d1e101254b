package ai.ingredients.sam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.BitSet;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Router labels against the official post-processing: fixture {@code sam_labels}. */
class SamLabelsTest {
    private static final int SIDE = 128;

    @ParameterizedTest
    @CsvSource({"wide, 100, 75, CELLS", "wide, 100, 75, PIXELS", "tall, 40, 61, CELLS", "tall, 40, 61, PIXELS"})
    void masksOfAllThresholdsAgree(String picture, int width, int height, SamLabels.Order order) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open("sam_labels")) {
            LongestSide frame = new LongestSide(width, height, SIDE);
            SamPrediction prediction = new SamPrediction(fixture.get("in_logits"), fixture.get("in_iou"), frame);
            String name = "out_" + picture + (order == SamLabels.Order.CELLS ? "_cells_" : "_pixels_");
            int wider = Integer.MAX_VALUE;
            for (double threshold : SamLabels.FIGURE_7) {
                List<BitSet> masks = new SamLabels(threshold, order).masks(prediction);
                Tensor expected = fixture.get(name + (int) -threshold);
                assertEquals(2, masks.size());
                for (int i = 0; i < 2; i++) {
                    assertEquals(bits(Ops.bytes(expected.select(0, i))), masks.get(i), name + threshold);
                }
                assertThat(masks.getFirst().cardinality()).isBetween(1, wider - 1);
                wider = masks.getFirst().cardinality();
            }
        }
    }

    private static BitSet bits(byte[] values) {
        BitSet bits = new BitSet();
        for (int i = 0; i < values.length; i++) {
            bits.set(i, values[i] != 0);
        }
        return bits;
    }

    @Test
    void thePaperTakesCellsAboveMinusTwo() {
        assertEquals(new SamLabels(-2, SamLabels.Order.CELLS), SamLabels.paper());
        assertThatThrownBy(() -> new SamLabels(Double.NaN, SamLabels.Order.CELLS))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "the threshold of SAM's logits is NaN; expected a number, such as [-10.0, -5.0, -2.0, 0.0]");
    }
}
