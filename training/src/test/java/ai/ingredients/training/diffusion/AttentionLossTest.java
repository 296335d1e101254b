package ai.ingredients.training.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.RoutingLoss;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class AttentionLossTest {
    private static final long NONE = RoutingLoss.BACKGROUND;

    /** Four tokens of the video and five of the text: a word of nobody, two of person 0, one of person 1, one of nobody. */
    private static Tensor attention(double... rows) {
        float[] values = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            values[i] = (float) rows[i];
        }
        return Ops.tensor(values, 1, 4, 5);
    }

    private static Tensor longs(long... values) {
        return Ops.tensor(values, 1, values.length);
    }

    @Test
    void isWhatHandsCompute() {
        try (Scope scope = Scope.inference()) {
            Tensor attention = attention(
                    0.2, 0.3, 0.1, 0.1, 0.3, // person 0: 0.4 of 0.5 on own words
                    0.1, 0.1, 0.1, 0.6, 0.1, // person 1: 0.6 of 0.8
                    0.5, 0.1, 0.0, 0.4, 0.0, // person 0: 0.1 of 0.5, so the wrong one
                    0.0, 0.0, 0.0, 1.0, 0.0); // nobody's
            AttentionLoss found =
                    AttentionLoss.of(List.of(attention), longs(NONE, 0, 0, 1, NONE), longs(0, 1, 0, NONE));

            double expected = -(Math.log(0.8) + Math.log(0.75) + Math.log(0.2)) / 3;
            assertThat(found.loss().item().toDouble()).isCloseTo(expected, within(1e-6));
            assertThat(found.accuracy().item().toDouble()).isCloseTo(2 / 3.0, within(1e-6));
        }
    }

    /** Words about one person only leave nothing to choose, and a person without words has none to attend to. */
    @Test
    void whereThereIsNoChoiceNothingIsTaught() {
        try (Scope scope = Scope.inference()) {
            Tensor attention = attention(
                    0.2, 0.3, 0.1, 0.1, 0.3, 0.1, 0.1, 0.1, 0.6, 0.1, 0.5, 0.1, 0.0, 0.4, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0);
            AttentionLoss alone =
                    AttentionLoss.of(List.of(attention), longs(NONE, 0, 0, NONE, NONE), longs(0, 1, 0, 0));
            assertThat(alone.loss().item().toDouble()).isZero();
            assertThat(alone.accuracy().item().toDouble()).isNaN();

            AttentionLoss third =
                    AttentionLoss.of(List.of(attention), longs(NONE, 0, 0, 1, NONE), longs(2, 1, 2, NONE));
            assertThat(third.loss().item().toDouble()).isCloseTo(-Math.log(0.75), within(1e-6));

            AttentionLoss empty = AttentionLoss.of(
                    List.of(attention), longs(NONE, NONE, NONE, NONE, NONE), longs(NONE, NONE, NONE, NONE));
            assertThat(empty.loss().item().toDouble()).isZero();
        }
    }

    @Test
    void blocksCountEqually() {
        try (Scope scope = Scope.inference()) {
            Tensor good = attention(0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);
            Tensor even = attention(
                    0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2);
            Tensor owners = longs(NONE, 0, NONE, 1, NONE);
            Tensor labels = longs(0, 1, 0, NONE);
            assertThat(AttentionLoss.of(List.of(good), owners, labels)
                            .loss()
                            .item()
                            .toDouble())
                    .isCloseTo(0, within(1e-6));
            assertThat(AttentionLoss.of(List.of(good, even), owners, labels)
                            .loss()
                            .item()
                            .toDouble())
                    .isCloseTo(Math.log(2) / 2, within(1e-6));
        }
    }
}
