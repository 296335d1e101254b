package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.pipeline.Placement.Region;
import java.util.List;
import org.junit.jupiter.api.Test;

class StripsTest {
    /** Two rows of four columns, two people. */
    private static final float[] TWO = {
        0, 1, 0, 1, 3, 0, 3, 0, //
        0, 1, 0, 1, 3, 0, 3, 0,
    };

    @Test
    void everybodyGetsTheirs() {
        assertThat(Strips.of(TWO, 4, 2, List.of()))
                .containsExactly(
                        new Placement(0, new Region(0.5, 0, 1, 1)), new Placement(1, new Region(0, 0, 0.5, 1)));
    }

    /** Person 0 likes strip 0 best and person 1 likes it more; together the second best of person 0 is right. */
    @Test
    void itIsTheBestForAllTogether() {
        float[] logits = {5, 9, 1, 4, 0, 0}; // strips 0..2, for people 0 and 1 ...
        float[] three = new float[9];
        for (int strip = 0; strip < 3; strip++) {
            three[strip * 3] = logits[strip * 2];
            three[strip * 3 + 1] = logits[strip * 2 + 1];
            three[strip * 3 + 2] = strip == 1 ? 2 : 0; // ... and 2, who likes the middle
        }
        // 0 left, 1 middle, 2 right: 5 + 4 + 0; 1 left, 0 middle, 2 right: 9 + 1 + 0; 1 left, 2 middle, 0 right: 9 + 2
        // + 0
        assertThat(Strips.of(three, 3, 3, List.of()))
                .containsExactly(
                        new Placement(0, Strips.strip(2, 3)),
                        new Placement(1, Strips.strip(0, 3)),
                        new Placement(2, Strips.strip(1, 3)));
    }

    @Test
    void aPlaceThatWasAskedForKeepsOthersOutOfItsStrip() {
        List<Placement> asked = List.of(new Placement(0, new Region(0.1, 0.2, 0.4, 0.9)));
        assertThat(Strips.of(TWO, 4, 2, asked)).containsExactly(new Placement(1, new Region(0.5, 0, 1, 1)));
    }

    @Test
    void placesOfEverybodyLeaveNothingToSettle() {
        List<Placement> asked = List.of(new Placement(0, Region.LEFT), new Placement(1, Region.LEFT));
        assertThat(Strips.of(TWO, 4, 2, asked)).isEmpty();
    }

    @Test
    void columnsThatDoNotDivideGoWhereTheirMiddleLies() {
        float[] logits = {0, 2, 0, 2, 0, 2, 3, 0, 3, 0}; // five columns: the middle one is the right half's
        assertThat(Strips.of(logits, 5, 2, List.of()))
                .containsExactly(
                        new Placement(0, new Region(0.5, 0, 1, 1)), new Placement(1, new Region(0, 0, 0.5, 1)));
        assertThat(Strips.enough(2, 5)).isTrue();
        assertThat(Strips.enough(6, 5)).isFalse();
        assertThat(Strips.enough(13, 90)).isFalse();
        assertThat(Strips.enough(1, 5)).isFalse();
    }
}
