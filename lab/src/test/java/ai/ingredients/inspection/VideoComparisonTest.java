package ai.ingredients.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.inspection.VideoComparison.Entry;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoReader;
import ai.ingredients.media.VideoWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Videos side by side; their frames tell their number by their brightness. */
class VideoComparisonTest {
    private static final int LEVELS = 12;

    @TempDir
    Path folder;

    private final List<String> notices = new ArrayList<>();

    private Entry video(String name, int width, int height, int frames, int fps) {
        Path file = folder.resolve(name + ".mp4");
        try (VideoWriter video = VideoWriter.create(file, width, height, VideoWriter.Settings.at(FrameRate.of(fps)))) {
            for (int i = 0; i < frames; i++) {
                video.add(Picture.filled(width, height, LEVELS * i, LEVELS * i, LEVELS * i));
            }
            video.finish();
        }
        return new Entry(file, name);
    }

    private Path output() {
        return folder.resolve("out.mp4");
    }

    /** The numbers of the frames seen in the middle of cell (column, row), over time. */
    private List<Integer> numbers(int cellWidth, int cellHeight, int line, int column, int row) {
        return VideoReader.readAll(output()).stream()
                .map(frame -> {
                    int x = 8 + column * (cellWidth + 8) + cellWidth / 2;
                    int y = 8 + row * (cellHeight + line + 8) + cellHeight / 2;
                    return Math.round((Seen.pixel(frame, x, y) & 0xff) / (float) LEVELS);
                })
                .toList();
    }

    @Test
    void alikeOnesStandSideBySide() {
        int frames = VideoComparison.write(
                List.of(video("a", 288, 192, 5, 8), video("b", 288, 192, 5, 8)), output(), null, notices::add);

        assertThat(frames).isEqualTo(5);
        assertThat(notices).isEmpty();
        try (VideoReader reader = VideoReader.open(output())) {
            assertThat(reader.width()).isEqualTo(8 + 2 * 296);
            assertThat(reader.height()).isEqualTo(8 + 192 + 24 + 8);
            assertThat(reader.rate()).isEqualTo(FrameRate.of(8));
            assertThat(reader.count()).isEqualTo(5);
            assertThat(reader.metadata()).containsEntry("comment", "a | b");
        }
        assertThat(numbers(288, 192, 24, 0, 0)).containsExactly(0, 1, 2, 3, 4);
        assertThat(numbers(288, 192, 24, 1, 0)).containsExactly(0, 1, 2, 3, 4);
        Picture last = VideoReader.readAll(output()).getLast();
        int dark = 0;
        for (int y = 202; y < 220; y++) {
            for (int x = 8; x < 40; x++) {
                dark += (Seen.pixel(last, x, y) & 0xff) < 100 ? 1 : 0;
            }
        }
        assertThat(dark).as("letters below the first").isBetween(10, 400);
    }

    @Test
    void theShortestEndsItAndThatIsSaid() {
        VideoComparison.write(
                List.of(video("long", 96, 64, 9, 8), video("short", 96, 64, 4, 8)), output(), null, notices::add);

        assertThat(numbers(288, 192, 24, 0, 0)).containsExactly(0, 1, 2, 3);
        assertThat(notices)
                .containsExactly("the videos have different lengths (long 1.125 s, short 0.500 s); "
                        + "the comparison ends with the shortest");
    }

    @Test
    void eachPlaysAtItsOwnSpeed() {
        VideoComparison.write(
                List.of(video("slow", 96, 64, 4, 4), video("fast", 96, 64, 8, 8), video("odd", 96, 64, 6, 6)),
                output(),
                null,
                notices::add);

        assertThat(numbers(288, 192, 24, 0, 0)).containsExactly(0, 0, 1, 1, 2, 2, 3, 3);
        assertThat(numbers(288, 192, 24, 1, 0)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(numbers(288, 192, 24, 2, 0)).containsExactly(0, 0, 1, 2, 3, 3, 4, 5);
        assertThat(notices)
                .containsExactly("the videos have different frame rates (slow 4 fps, fast 8 fps, odd 6 fps); "
                        + "each is played at its own speed");
    }

    @Test
    void allAreAsHighAsTheHighestOrAsAsked() {
        List<Entry> entries = List.of(video("wide", 320, 208, 2, 8), video("upright", 64, 96, 2, 8));
        VideoComparison.write(entries, output(), null, notices::add);
        try (VideoReader reader = VideoReader.open(output())) {
            assertThat(reader.width()).isEqualTo(8 + 2 * 328);
            assertThat(reader.height()).isEqualTo(8 + 208 + 26 + 8);
        }
        assertThat(notices)
                .containsExactly("the videos have different sizes (wide 320x208, upright 64x96); "
                        + "they are shown at one height");
        Picture frame = VideoReader.readAll(output()).getLast();
        assertThat(Seen.pixel(frame, 8 + 328 + 20, 100) & 0xff)
                .as("beside the upright one")
                .isGreaterThan(240);
        assertThat(Seen.pixel(frame, 8 + 328 + 160, 100) & 0xff)
                .as("the upright one")
                .isBetween(8, 16);

        VideoComparison.write(entries, output(), 64, notices::add);
        try (VideoReader reader = VideoReader.open(output())) {
            assertThat(reader.height()).isEqualTo(8 + 64 + 14 + 8);
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 2, 1", "4, 4, 1", "5, 3, 2", "9, 3, 3", "10, 4, 3"})
    void moreThanFourMakeAGrid(int count, int columns, int rows) {
        List<Entry> entries = IntStream.range(0, count)
                .mapToObj(i -> video("v" + i, 48, 32, 1, 8))
                .toList();
        VideoComparison.write(entries, output(), 32, notices::add);
        try (VideoReader reader = VideoReader.open(output())) {
            assertThat(reader.width()).isEqualTo(8 + columns * 56);
            assertThat(reader.height()).isEqualTo(8 + rows * (32 + 14 + 8));
        }
    }

    @Test
    void whatWouldBeTooLargeIsMadeSmaller() {
        Entry large = video("large", 1920, 1072, 1, 8);
        VideoComparison.write(List.of(large, large, large), output(), null, notices::add);
        try (VideoReader reader = VideoReader.open(output())) {
            assertThat(reader.width()).isBetween(3700, 3840);
        }
    }

    @Test
    void whatCannotBeComparedIsRefused() throws IOException {
        Entry good = video("good", 96, 64, 2, 8);
        Path text = Files.writeString(folder.resolve("text.mp4"), "no video");
        refused(List.of(good), null, "only one video");
        refused(List.of(good, good), 50, "--height 50: use a multiple of 16");
        refused(List.of(good, good), 8000, "2 videos 8000 pixels high are more than the 3840x2160");
        refused(List.of(good, new Entry(text, "text")), null, "text.mp4");
        refused(List.of(good, new Entry(folder.resolve("none.mp4"), "none")), null, "none.mp4: there is no such file");
        assertThat(output()).doesNotExist();
    }

    private void refused(List<Entry> entries, @Nullable Integer height, String fragment) {
        assertThatThrownBy(() -> VideoComparison.write(entries, output(), height, notices::add))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(fragment);
    }
}
