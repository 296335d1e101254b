package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.Placement.Region;
import ai.ingredients.pipeline.Placement.Span;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Places in fractions and seconds as a bias in tokens. */
class PlacementTest {
    private static final int PATCH = 2;

    /** A row of two tokens of 16x16 pixels: a quarter of the first and all of the second. */
    @Test
    void byHand() {
        VideoSize size = new VideoSize(1, 16, 32);
        List<Placement> places = List.of(new Placement(1, new Region(0.375, 0, 1, 1)));
        // [token 0: person 0, 1; token 1: person 0, 1]; 8 · (2 · 1/4 − 1) = −4
        assertThat(PlacementBias.of(places, 8, size, PATCH, 2)).containsExactly(0, -4, 0, 8);
    }

    /** The same picture in other units: tokens of 16x16 pixels by 4 pixels per latent and patches of 4, and others. */
    @ParameterizedTest
    @CsvSource({"8, 2, 4", "4, 4, 4", "4, 2, 16", "8, 4, 1"})
    void tokensAreAsLargeAsAutoencoderAndPatchesMakeThem(int pixelsPerLatent, int patch, int tokens) {
        VideoSize size = new VideoSize(1, 32, 32, pixelsPerLatent);
        List<Placement> places = List.of(new Placement(0, new Region(0, 0, 0.5, 0.5)));
        float[] bias = PlacementBias.of(places, 1, size, patch, 1);
        assertThat(bias).hasSize(tokens);
        int columns = (int) Math.sqrt(tokens);
        for (int v = 0; v < tokens; v++) {
            boolean inside = v % columns * 2 < columns && v / columns * 2 < columns;
            float whole = inside ? 1 : -1;
            assertThat(bias[v]).as("token " + v).isEqualTo(tokens == 1 ? -0.5f : whole);
        }
    }

    /** Latent frame 0 is frame 0; 1 is frames 1 to 4; 2 is frames 5 to 8. At 8 frames a second frame 3 begins at 0.375 s. */
    @ParameterizedTest
    @CsvSource({
        "0, 1.125, 1, 1, 1",
        "0, 0.125, 1, 0, 0",
        "0.125, 0.625, 0, 1, 0",
        "0.375, 1.125, 0, 0.5, 1",
        "0.37, 0.38, 0, 0.25, 0",
        "1, 1.125, 0, 0, 0.25"
    })
    void aLatentFrameHasThePartOfItsFramesThatTheSpanHolds(
            double from, double to, float first, float second, float third) {
        VideoSize size = new VideoSize(9, 16, 16);
        List<Placement> places = List.of(new Placement(0, new Region(0, 0, 1, 1), new Span(from, to)));
        assertThat(PlacementBias.of(places, 1, size, PATCH, 1)).containsExactly(first, second, third);
    }

    @Test
    void severalPlacesOfOnePersonAreOneAfterTheOtherOrTogether() {
        VideoSize size = new VideoSize(9, 16, 32);
        Region left = new Region(0, 0, 0.5, 1);
        Region right = new Region(0.5, 0, 1, 1);
        List<Placement> inTurn =
                List.of(new Placement(0, left, new Span(0, 0.625)), new Placement(0, right, new Span(0.625, 1.125)));
        assertThat(PlacementBias.of(inTurn, 1, size, PATCH, 1)).containsExactly(1, -1, 1, -1, -1, 1);
        List<Placement> together = List.of(new Placement(0, left), new Placement(0, right), new Placement(0, left));
        assertThat(PlacementBias.of(together, 1, size, PATCH, 1)).containsOnly(1);
    }

    @Test
    void whoIsGivenNoPlaceHasNoBiasAndPermutingPeoplePermutesIt() {
        VideoSize size = new VideoSize(9, 32, 48);
        float[] bias = PlacementBias.of(
                List.of(new Placement(0, Region.LEFT), new Placement(2, Region.RIGHT)), 3, size, PATCH, 3);
        float[] permuted = PlacementBias.of(
                List.of(new Placement(2, Region.LEFT), new Placement(0, Region.RIGHT)), 3, size, PATCH, 3);
        for (int v = 0; v < bias.length; v += 3) {
            assertThat(bias[v + 1]).isZero();
            assertThat(permuted[v]).isEqualTo(bias[v + 2]);
            assertThat(permuted[v + 2]).isEqualTo(bias[v]);
        }
        assertThat(bias[0]).isEqualTo(3);
        assertThat(PlacementBias.of(List.of(new Placement(0, Region.LEFT)), 0, size, PATCH, 3))
                .containsOnly(0);
    }

    @ParameterizedTest
    @CsvSource({
        "-0.1, 0, 1, 1",
        "0, -0.1, 1, 1",
        "0, 0, 1.1, 1",
        "0, 0, 1, 1.1",
        "0.5, 0, 0.5, 1",
        "0.6, 0, 0.5, 1",
        "0, 1, 1, 0",
        "NaN, 0, 1, 1",
        "0, 0, NaN, 1",
        "0, 0, Infinity, 1"
    })
    void regionsOutsideOfTheFrameAreRefused(double left, double top, double right, double bottom) {
        assertThatThrownBy(() -> new Region(left, top, right, bottom))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("x0,y0,x1,y1");
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "1, 1", "2, 1", "NaN, 1", "0, NaN", "0, Infinity"})
    void spansThatCannotBeAreRefused(double from, double to) {
        assertThatThrownBy(() -> new Span(from, to))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("seconds");
    }

    @Test
    void whatTheVideoDoesNotHaveIsRefused() {
        VideoSize size = new VideoSize(9, 32, 48);
        refused(size, 2, new Placement(2, Region.LEFT), "the place left is meant for person 3", "numbered 1 to 2");
        refused(size, 1, new Placement(1, Region.LEFT), "person 2", "only person 1");
        refused(size, 0, new Placement(0, Region.LEFT), "nobody was given");
        refused(size, 2, place(new Span(0, 1.2)), "ends at 1.2 s", "the video at 1.125 s", "9 frames");
        refused(size, 2, place(new Span(0.3, 0.31)), "no frame begins", "0.125 s apart");
        refused(size, 2, new Placement(0, new Region(0, 0, 0.1, 0.1)), "no token", "16x16 pixels of 48x32", "larger");
        new Steering(List.of(place(new Span(0, 1.125)), place(null)), 1, List.of(1, 0), true).check(size, PATCH, 2);
    }

    private static Placement place(@Nullable Span span) {
        return new Placement(0, Region.LEFT, span);
    }

    private static void refused(VideoSize size, int people, Placement place, String... fragments) {
        Steering steering = Steering.NONE.withPlaces(List.of(place));
        assertThatThrownBy(() -> steering.check(size, PATCH, people))
                .isInstanceOf(InvalidInputException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(fragments));
    }

    @Test
    void strengthAndOrderAreChecked() {
        for (double strength : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Steering(List.of(), strength, List.of(), true))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("strength");
        }
        for (List<Integer> order : List.of(List.of(1, 2), List.of(0, 0), List.of(-1, 0))) {
            assertThatThrownBy(() -> new Steering(List.of(), 1, order, true))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("once");
        }
        assertThat(Steering.exchanged(3, 2, 0)).containsExactly(2, 1, 0);
        Steering two = new Steering(List.of(), 1, List.of(1, 0), true);
        assertThatThrownBy(() -> two.check(new VideoSize(9, 32, 48), PATCH, 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("2 people");
    }
}
