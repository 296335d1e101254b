package ai.ingredients.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.RoutingMaps;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the pictures show, by the colours in them. */
class SheetsTest {
    private static final int CELL = 96 * 64;
    private static final Picture GRAY = Picture.filled(96, 64, 128, 128, 128);

    /** Person {@code n}'s colour laid over gray. */
    private static int tinted(int n) {
        float[] share = new float[2];
        share[n] = 1;
        Picture pixel = Picture.filled(1, 1, 128, 128, 128);
        return Seen.pixel(Overlay.TINT.apply(pixel, 0, new RoutingMaps(1, 1, 1, 2, share)), 0, 0);
    }

    /** What {@code RoutingMaps} tints with is what the legend says: on black, 0.55 of it. */
    @Test
    void theLegendHasTheColoursOfTheMaps() {
        for (int n = 0; n < 5; n++) {
            float[] share = new float[5];
            share[n] = 1;
            RoutingMaps maps = new RoutingMaps(1, 1, 1, 5, share);
            Picture tint = maps.overlays(List.of(Picture.filled(1, 1, 0, 0, 0))).getFirst();
            int colour = PersonColour.of(n);
            int expected = Math.round(0.55f * (colour >> 16)) << 16
                    | Math.round(0.55f * (colour >> 8 & 0xff)) << 8
                    | Math.round(0.55f * (colour & 0xff));
            assertThat(Seen.pixel(tint, 0, 0)).isEqualTo(expected);
        }
        assertThat(PersonColour.of(5)).isEqualTo(PersonColour.of(0));
    }

    /** Block 0 is the first person's in all three steps; in block 3 each has one half. */
    @Test
    void blocksAreRowsAndStepsColumns() {
        Picture sheet = RoutingSheets.blocksAndSteps(Seen.view("one"));

        assertThat(Seen.count(sheet, tinted(0))).isEqualTo(3 * CELL + 3 * CELL / 2);
        assertThat(Seen.count(sheet, tinted(1))).isEqualTo(3 * CELL / 2);
        assertThat(Seen.count(sheet, PersonColour.of(0))).isEqualTo(12 * 12);
        assertThat(Seen.count(sheet, PersonColour.of(1))).isEqualTo(12 * 12);
        assertThat(Seen.count(sheet, 0)).as("letters").isGreaterThan(300);
    }

    @Test
    void framesAreColumns() {
        assertThat(RoutingSheets.framesToShow(new TokenGrid(3, 1, 1))).containsExactly(0, 4, 8);
        assertThat(RoutingSheets.framesToShow(new TokenGrid(13, 1, 1))).containsExactly(0, 8, 12, 20, 28, 36, 40, 48);
        TreeMap<Integer, Picture> frames = new TreeMap<>();
        frames.put(0, GRAY);
        frames.put(4, GRAY);

        Picture sheet = RoutingSheets.blocksAndFrames(Seen.view("one"), frames);

        assertThat(Seen.count(sheet, tinted(0))).isEqualTo(2 * CELL + 2 * CELL / 2);
        assertThat(Seen.count(sheet, tinted(1))).isEqualTo(2 * CELL / 2);
    }

    @Test
    void severalInspectionsAreNextToEachOther() {
        Picture one = RoutingSheets.against(List.of(Seen.view("without")));
        Picture both = RoutingSheets.against(List.of(Seen.view("without"), Seen.view("with")));

        assertThat(both.width()).isEqualTo(2 * one.width());
        assertThat(both.height()).isEqualTo(one.height());
        assertThat(Seen.count(both, tinted(1))).isEqualTo(2 * Seen.count(one, tinted(1)));
    }

    /** Block 0 adds half of the hidden state everywhere; block 3 as much as there is to one of four tokens. */
    @Test
    void residualsAreColours() {
        Picture sheet = ResidualSheet.of(Seen.view("one"));

        int key = 12 * 12;
        int cell = 96 * 24;
        assertThat(Seen.count(sheet, ResidualSheet.colour(1)))
                .as("the most: the row of block 0 by step; in frame 4 block 3 has nothing, block 0 one half")
                .isEqualTo(3 * cell + 3 * CELL + 2 * key);
        assertThat(Seen.count(sheet, ResidualSheet.colour(0)))
                .as("nothing: block 3 in the second latent frame")
                .isEqualTo(3 * CELL + 2 * key);
        assertThat(Seen.count(sheet, ResidualSheet.colour(0.5))).isEqualTo(3 * cell + 2 * key);
        assertThat(ResidualSheet.colour(Double.NaN)).isEqualTo(ResidualSheet.colour(0));
    }

    @Test
    void contoursRunAlongBorders() {
        float[] half = {1, 0, 0, 1, 1, 0, 1, 0}; // frame 0: left and right differ; frame 1: all the first person's
        RoutingMaps maps = new RoutingMaps(2, 1, 2, 2, half);

        Picture first = Overlay.CONTOUR.apply(GRAY, 0, maps);
        Picture later = Overlay.CONTOUR.apply(GRAY, 4, maps);

        assertThat(later).isEqualTo(GRAY);
        assertThat(Seen.pixel(first, 47, 10)).isEqualTo(PersonColour.of(0));
        assertThat(Seen.pixel(first, 48, 10)).isEqualTo(PersonColour.of(1));
        assertThat(Seen.count(first, 0x808080)).isEqualTo(94 * 64);
        assertThatThrownBy(() -> Overlay.parse("dots"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("use tint or contour");
        assertThat(Overlay.parse("contour")).isEqualTo(Overlay.CONTOUR);
    }

    @Test
    void figuresAreATable() {
        assertThat(FiguresTable.of(Seen.view("one")).lines().map(String::strip))
                .containsExactly(
                        "block  tokens of ada / alan     entropy  as a step before  as a block before  residual",
                        "0       100.0 % / 0.0 %  0.000 bits           100.0 %                  –    50.0 %",
                        "3       50.0 % / 50.0 %  0.000 bits             0.0 %             50.0 %    25.0 %",
                        "all       75.0 % / 25.0 %  0.000 bits            50.0 %             50.0 %    37.5 %");
    }
}
