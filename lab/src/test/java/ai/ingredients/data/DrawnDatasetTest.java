package ai.ingredients.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.DatasetWriter.VideoKind;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clips of the drawn world, written as a data set and read again. */
class DrawnDatasetTest {
    private static final ClipFormat FORMAT = new ClipFormat(72, 48, 5, 8, 64);

    @TempDir
    Path folder;

    private FolderSource open() {
        FolderSettings settings =
                new FolderSettings(null, null, 5, 1, 0, 0, 0.8, 1, FolderSettings.PhotosFrom.WINDOW, 0);
        return new FolderSource(folder, settings, FolderSettings.Part.ALL, 2, 1);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsDrawnComesBack(VideoKind kind) {
        CastSource drawn = new CastSource(Split.TRAIN, 2, 5, new int[] {2}, 2, FORMAT);
        try (DatasetWriter writer = DatasetWriter.open(folder, new DatasetInfo("cast", 72, 48, 8), kind)) {
            writer.addAll(drawn, done -> {});
        }
        FolderSource source = open();

        assertThat(source.size()).isEqualTo(2);
        for (int index = 0; index < 2; index++) {
            Clip expected = drawn.clip(index);
            Clip clip = source.clip(index);
            assertThat(source.people(index)).isEqualTo(2);
            assertThat(source.caption(index)).isEqualTo(expected.caption());
            assertThat(clip.id()).isEqualTo(expected.id());
            assertThat(clip.fps()).isEqualTo(8);
            assertThat(clip.caption()).isEqualTo(expected.caption());
            assertSame(clip.frames(), expected.frames(), kind);
            for (int i = 0; i < 2; i++) {
                assertSame(clip.people().get(i), expected.people().get(i));
            }
        }
        assertThat(open().clip(1)).isEqualTo(source.clip(1));
    }

    private static void assertSame(List<Picture> frames, List<Picture> expected, VideoKind kind) {
        if (kind != VideoKind.MP4) {
            assertThat(frames).isEqualTo(expected);
            return;
        }
        assertThat(frames).hasSameSizeAs(expected);
        for (int i = 0; i < frames.size(); i++) {
            double sum = 0;
            for (int k = 0; k < frames.get(i).rgb().length; k++) {
                sum += Math.abs(
                        (frames.get(i).rgb()[k] & 0xff) - (expected.get(i).rgb()[k] & 0xff));
            }
            assertThat(sum / frames.get(i).rgb().length)
                    .as("mean error; colours are stored at half the size, and this is small")
                    .isLessThan(10);
        }
    }

    private static void assertSame(Person person, Person expected) {
        assertThat(person.id()).isEqualTo(expected.id());
        assertThat(person.photos()).hasSize(2);
        for (int k = 0; k < 2; k++) {
            assertThat(person.photos().get(k).picture())
                    .isEqualTo(expected.photos().get(k).picture());
            assertNear(
                    person.photos().get(k).landmarks(), expected.photos().get(k).landmarks());
        }
        for (int f = 0; f < expected.track().size(); f++) {
            Seen seen = person.track().get(f);
            Seen truth = expected.track().get(f);
            assertThat(seen.faceMask()).isEqualTo(truth.faceMask());
            assertThat(seen.personMask()).isEqualTo(truth.personMask());
            assertNear(seen.landmarks(), truth.landmarks());
            assertNear(corners(seen), corners(truth));
        }
    }

    private static List<Face.Point> corners(Seen seen) {
        Face.Box box = Objects.requireNonNull(seen.faceBox());
        return List.of(new Face.Point(box.left(), box.top()), new Face.Point(box.right(), box.bottom()));
    }

    private static void assertNear(@Nullable List<Face.Point> found, @Nullable List<Face.Point> wanted) {
        List<Face.Point> points = Objects.requireNonNull(found);
        List<Face.Point> expected = Objects.requireNonNull(wanted);
        assertThat(expected).hasSameSizeAs(points);
        for (int i = 0; i < points.size(); i++) {
            assertThat(points.get(i).x()).isCloseTo(expected.get(i).x(), within(0.006));
            assertThat(points.get(i).y()).isCloseTo(expected.get(i).y(), within(0.006));
        }
    }
}
