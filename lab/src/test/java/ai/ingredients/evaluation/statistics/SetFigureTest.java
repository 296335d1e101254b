package ai.ingredients.evaluation.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SetFigureTest {
    private final Random random = new Random(7);

    /** Of one feature with equal variances the distance is (μ₁ − μ₂)², whose interval normal theory knows. */
    @Test
    void theIntervalIsThatOfNormalTheory() {
        List<float[]> photos = rows(4000, 0);
        List<List<float[]>> videos = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            videos.add(rows(1, 2));
        }

        SetFigure figure = SetFigure.of(videos, photos, 1);

        double error = 1.96 * 2 * 2 / Math.sqrt(400);
        assertThat(figure.value()).isCloseTo(4, within(1.5 * error));
        assertThat(figure.high() - figure.value()).isCloseTo(error, within(0.35 * error));
        assertThat(figure.value() - figure.low()).isCloseTo(error, within(0.35 * error));
        assertThat(figure)
                .extracting(SetFigure::videos, SetFigure::faces, SetFigure::photos, SetFigure::features)
                .containsExactly(400, 400, 4000, 1);
        assertThat(SetFigure.of(videos, photos, 1)).isEqualTo(figure);
    }

    /** Faces of one video are alike: twice each changes nothing about how much the videos say. */
    @Test
    void videosAreDrawnAndNotFaces() {
        List<List<float[]>> single = new ArrayList<>();
        List<List<float[]>> repeated = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            float[] face = rows(1, 2).getFirst();
            single.add(List.of(face));
            repeated.add(List.of(face, face, face, face));
        }
        List<float[]> photos = rows(100, 0);

        SetFigure one = SetFigure.of(single, photos, 1);
        SetFigure four = SetFigure.of(repeated, photos, 1);

        double width = one.high() - one.low();
        assertThat(four.high() - four.low()).isCloseTo(width, within(0.1 * width));
        assertThat(four.faces()).isEqualTo(240);
    }

    @Test
    void tooFewFacesOrPhotosGiveCountsOnly() {
        SetFigure figure = SetFigure.of(List.of(rows(1, 0), List.of()), rows(9, 0), 1);
        SetFigure lonely = SetFigure.of(List.of(rows(5, 0)), rows(1, 0), 1);

        assertThat(figure.value()).isNaN();
        assertThat(figure.videos()).isEqualTo(1);
        assertThat(figure.faces()).isEqualTo(1);
        assertThat(figure.photos()).isEqualTo(9);
        assertThat(lonely.value()).isNaN();
        assertThat(SetFigure.of(List.of(List.of(), rows(2, 0), List.of()), rows(9, 0), 1)
                        .value())
                .isNotNaN();
    }

    private List<float[]> rows(int count, double mean) {
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(new float[] {(float) (random.nextGaussian() + mean)});
        }
        return rows;
    }
}
