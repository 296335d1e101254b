package ai.ingredients.training.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.DrawnWorld;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Portraits;
import ai.ingredients.data.Split;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the face networks are shown: crops, changes of pixels, canvases. */
class FacePicturesTest {
    private static final ClipFormat SHORT = new ClipFormat(144, 96, 1, 8, 96);

    @Test
    void smallCropsShowWhatLargeOnesShow() {
        Clip.PersonPhoto photo = new DrawnWorld().portraits(Split.TRAIN, 2, 5).photo(1, 3);
        Picture large = FaceAligner.crop(photo.picture(), photo.landmarks());
        assertEquals(large, FaceAligner.crop(photo.picture(), photo.landmarks(), FaceAligner.SIZE));
        Picture small = FaceAligner.crop(photo.picture(), photo.landmarks(), 128);
        Picture reduced = Resampling.openCv(large, 128, 128, Resampling.OpenCvFilter.AREA);
        assertThat(difference(small, reduced)).isLessThan(4);
        Picture shifted = FaceAligner.crop(
                photo.picture(),
                photo.landmarks().stream()
                        .map(point -> new Face.Point(point.x() + 1.5, point.y()))
                        .toList(),
                128);
        assertThat(difference(small, reduced)).isLessThan(0.5 * difference(shifted, reduced));
    }

    private static double difference(Picture a, Picture b) {
        double sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            sum += Math.abs((a.rgb()[i] & 0xFF) - (b.rgb()[i] & 0xFF));
        }
        return sum / a.rgb().length;
    }

    @Test
    void portraitsAreTheSameForTheSameNumbers() {
        Portraits portraits = new DrawnWorld().portraits(Split.TRAIN, 4, 7);
        assertEquals(
                portraits.photo(2, 9).picture(),
                new DrawnWorld().portraits(Split.TRAIN, 4, 7).photo(2, 9).picture());
        assertNotEquals(portraits.photo(2, 9).picture(), portraits.photo(2, 10).picture());
        assertThat(portraits.traits(2)).hasSameSizeAs(portraits.traitSizes());
        for (int i = 0; i < portraits.traitSizes().size(); i++) {
            assertThat(portraits.traits(2).get(i))
                    .isBetween(0, portraits.traitSizes().get(i) - 1);
        }
        assertThat(portraits.describe(0)).isNotEqualTo(portraits.describe(1));
    }

    @Test
    void batchesAreTheSameForTheSameNumbers() {
        FaceCrops crops =
                new FaceCrops(new DrawnWorld().portraits(Split.TRAIN, 4, 7), 32, 2, Photometry.STRONG, 0.03, 1);
        FaceBatch batch = crops.batch(5, 4);
        assertEquals(batch, crops.batch(5, 4));
        assertNotEquals(batch, crops.batch(6, 4));
        assertThat(batch.faces()).hasSize(4).allMatch(face -> face.width() == 32 && face.height() == 32);
        assertEquals(batch.people().get(0), batch.people().get(1));
        assertNotEquals(batch.people().get(1), batch.people().get(2));
        assertThatThrownBy(() -> crops.batch(0, 10))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("a batch shows 5 people, but cast-train-portraits-7 has 4");
    }

    @Test
    void photometryChangesPixelsButNotWhatIsSeen() {
        Picture picture =
                new DrawnWorld().portraits(Split.TRAIN, 1, 7).photo(0, 1).picture();
        for (int seed = 0; seed < 12; seed++) {
            Picture changed = Photometry.STRONG.apply(picture, new SplittableRandom(seed));
            assertEquals(changed, Photometry.STRONG.apply(picture, new SplittableRandom(seed)));
            assertEquals(picture.width(), changed.width());
            assertThat(difference(picture, changed)).as("seed " + seed).isBetween(0.5, 90.0);
        }
        Photometry nothing = new Photometry(0, 16, 0, 0, 0);
        assertEquals(picture, nothing.apply(picture, new SplittableRandom(1)));
        assertThatThrownBy(() -> new Photometry(1.5, 16, 0, 0, 0)).isInstanceOf(InvalidInputException.class);
    }

    /** A white dot of 3x3 pixels at every point must be where the point is after scaling, shifting and mirroring. */
    @Test
    void pointsStayOnWhatTheyPointAt() {
        List<Face.Point> points = List.of(
                new Face.Point(60, 40),
                new Face.Point(90, 42),
                new Face.Point(76, 60),
                new Face.Point(62, 80),
                new Face.Point(88, 81));
        Picture picture = Picture.filled(160, 120, 0, 0, 0);
        for (Face.Point point : points) {
            for (int y = -1; y <= 1; y++) {
                for (int x = -1; x <= 1; x++) {
                    int at = (((int) point.y() + y) * 160 + (int) point.x() + x) * 3;
                    picture.rgb()[at] = (byte) 255;
                }
            }
        }
        DetectorSample sample =
                new DetectorSample(picture, List.of(new Face(new Face.Box(50, 20, 100, 100), 1, points)));
        DetectorCanvas canvas = new DetectorCanvas(128, 60, 160);
        int checked = 0;
        for (int seed = 0; seed < 20; seed++) {
            DetectorSample placed = canvas.place(sample, new SplittableRandom(seed));
            Face face = placed.faces().getFirst();
            double size = face.box().bottom() - face.box().top();
            assertThat(size).isBetween(59.0, 161.0);
            assertThat(face.landmarks().get(0).x())
                    .as("left eye")
                    .isLessThan(face.landmarks().get(1).x());
            for (Face.Point point : face.landmarks()) {
                int x = (int) Math.round(point.x());
                int y = (int) Math.round(point.y());
                boolean inside = x >= 2 && x < 126 && y >= 2 && y < 126;
                if (inside) {
                    int here = placed.picture().rgb()[(y * 128 + x) * 3] & 0xFF;
                    int green = placed.picture().rgb()[(y * 128 + x) * 3 + 1] & 0xFF;
                    assertThat(here - green)
                            .as("seed %d, point %s", seed, point)
                            .isGreaterThan(90);
                    checked++;
                }
            }
        }
        assertThat(checked).isGreaterThan(50);
    }

    @Test
    void clipsGiveFacesWithTheirBoxes() {
        Clip clip = new CastSource(Split.TRAIN, 9, 1, new int[] {2}, 1, SHORT).clip(3);
        DetectorSample frame = DetectorSample.frame(clip, 0);
        assertThat(frame.faces()).hasSize(2);
        DetectorSample photo =
                DetectorSample.photo(clip.people().getFirst().photos().getFirst());
        Face.Box box = photo.faces().getFirst().box();
        for (Face.Point point : photo.faces().getFirst().landmarks()) {
            assertThat(point.x()).isBetween((double) box.left(), (double) box.right());
            assertThat(point.y()).isBetween((double) box.top(), (double) box.bottom());
        }
        // The usual box is about the drawn one.
        Face truth = frame.faces().getFirst();
        Face.Box usual = DetectorSample.box(truth.landmarks());
        double width = truth.box().right() - truth.box().left();
        assertEquals(truth.box().left(), usual.left(), 0.3 * width);
        assertEquals(truth.box().bottom(), usual.bottom(), 0.3 * width);
    }
}
