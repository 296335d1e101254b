package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.drawn.CastCases;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class OutPaintingTest {
    private static final CastCases CASES = new CastCases(12, 2, 5);

    private static Picture canvas(List<PersonPhoto> photos) {
        Picture canvas = ReferenceCanvas.of(photos.stream()
                .map(photo -> FaceAligner.crop(photo.picture(), photo.landmarks()))
                .toList());
        return Resampling.pil(canvas, 144, 96, Resampling.PilFilter.LANCZOS);
    }

    @Test
    void theCanvasItselfIsOneInAnyLight() {
        List<PersonPhoto> photos = CASES.get(0).photos();
        Picture canvas = canvas(photos);
        assertThat(OutPainting.index(photos, List.of(canvas))).isCloseTo(1, Offset.offset(0.01));
        byte[] dark = canvas.rgb().clone();
        for (int i = 0; i < dark.length; i++) {
            dark[i] = (byte) ((dark[i] & 0xFF) / 2);
        }
        assertThat(OutPainting.index(photos, List.of(new Picture(canvas.width(), canvas.height(), dark))))
                .isCloseTo(1, Offset.offset(0.01));
        assertThat(OutPainting.index(photos, List.of(Picture.filled(144, 96, 9, 9, 9))))
                .isZero();
        assertThat(OutPainting.index(photos, List.of())).isNaN();
    }

    @Test
    void halfOfTheFramesCountHalf() {
        List<PersonPhoto> photos = CASES.get(0).photos();
        assertThat(OutPainting.index(photos, List.of(canvas(photos), Picture.filled(144, 96, 9, 9, 9))))
                .isCloseTo(0.5, Offset.offset(0.01));
    }

    @Test
    void whatIsPaintedAroundTheCanvasIsFarFromRightVideos() {
        double[] right = new double[12];
        double[] painted = new double[12];
        for (int i = 0; i < right.length; i++) {
            EvaluationCase one = CASES.get(i);
            Picture frame = one.truth().frames().getFirst();
            right[i] = OutPainting.index(one.photos(), List.of(frame));
            painted[i] = OutPainting.index(one.photos(), List.of(around(canvas(one.photos()), frame)));
        }
        // Measured: −0.21 to 0.25, mean 0.07; and, with scenes of any brightness in place of the white, 0.00 to 0.81,
        // mean 0.53.
        assertThat(Arrays.stream(right).max().orElseThrow()).as("right").isLessThan(0.4);
        long found = Arrays.stream(painted).filter(index -> index > 0.4).count();
        assertThat(found).as("painted").isGreaterThan(painted.length / 2);
    }

    /** The canvas where it has faces, {@code frame} around it. */
    private static Picture around(Picture canvas, Picture frame) {
        byte[] rgb = frame.rgb().clone();
        for (ReferenceCanvas.Place place : ReferenceCanvas.layout(2)) {
            double scale = (double) canvas.width() / ReferenceCanvas.WIDTH;
            for (int y = (int) (place.y() * scale); y < (int) ((place.y() + place.side()) * scale); y++) {
                int from = 3 * (y * canvas.width() + (int) (place.x() * scale));
                System.arraycopy(canvas.rgb(), from, rgb, from, 3 * (int) (place.side() * scale));
            }
        }
        return new Picture(frame.width(), frame.height(), rgb);
    }
}
