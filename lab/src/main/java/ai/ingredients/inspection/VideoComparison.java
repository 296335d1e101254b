package ai.ingredients.inspection;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.media.Resampling.PilFilter;
import ai.ingredients.media.VideoReader;
import ai.ingredients.media.VideoWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Videos next to each other in one, each with its name below: up to four in a row, more in a grid. All have the same
 * height and play at their own speed; the fastest frame rate is that of the result, and the shortest video ends it. One
 * frame of each is in memory at a time.
 */
public final class VideoComparison {
    private static final int MOST_IN_A_ROW = 4;
    private static final int GAP = 8;
    /** Heights are multiples of this, so that the sheet's sides are even. */
    private static final int STEP = 16;
    /** The most pixels that {@link ContactSheet} gives a name. */
    private static final int HIGHEST_LINE = 32;
    /** Lower videos are enlarged for their names to be read. */
    private static final int LOWEST = 192;

    /**
     * A video to show.
     *
     * @param label what is written below it; what does not fit is cut off
     */
    public record Entry(Path file, String label) {}

    private VideoComparison() {}

    /**
     * Writes the comparison.
     *
     * @param entries at least two
     * @param height of each video in pixels; none for the highest one's, at least {@value #LOWEST}, as far as H.264 takes
     *     the sum
     * @param notices told where the videos differ in size, length or speed; one line each
     * @return frames written
     * @throws InvalidInputException when a video cannot be read, or the output not be written
     */
    public static int write(List<Entry> entries, Path output, @Nullable Integer height, Consumer<String> notices) {
        if (entries.size() < 2) {
            throw new InvalidInputException("there is only one video; give two or more to compare");
        }
        if (height != null && (height < STEP || height % STEP != 0)) {
            throw new InvalidInputException("--height " + height + ": use a multiple of " + STEP);
        }
        Drawing.checkFonts();
        List<Track> tracks = new ArrayList<>();
        try {
            for (Entry entry : entries) {
                tracks.add(new Track(entry));
            }
            tellDifferences(tracks, notices);
            return write(tracks, output, layout(tracks, height));
        } finally {
            tracks.forEach(Track::close);
        }
    }

    /**
     * Sizes in pixels.
     *
     * @param columns videos in a row
     * @param cellWidth of every video, even
     * @param cellHeight of every video, a multiple of {@value #STEP}
     */
    private record Layout(int columns, int cellWidth, int cellHeight) {
        static Layout of(List<Track> tracks, int cellHeight) {
            int count = tracks.size();
            int columns = count <= MOST_IN_A_ROW ? count : (int) Math.ceil(Math.sqrt(count));
            int widest = tracks.stream()
                    .mapToInt(track -> track.width(cellHeight))
                    .max()
                    .orElseThrow();
            return new Layout(columns, widest + widest % 2, cellHeight);
        }

        /** Whether H.264 takes so large a video, with the highest line of text below each. */
        boolean fits(int count) {
            int rows = Math.ceilDiv(count, columns);
            int width = GAP + columns * (cellWidth + GAP);
            int height = GAP + rows * (cellHeight + HIGHEST_LINE + GAP);
            return Math.max(width, height) <= VideoWriter.LONGEST_SIDE
                    && Math.min(width, height) <= VideoWriter.LONGEST_SHORT_SIDE;
        }
    }

    private static Layout layout(List<Track> tracks, @Nullable Integer asked) {
        int highest =
                tracks.stream().mapToInt(track -> track.reader.height()).max().orElseThrow();
        int height = asked != null ? asked : Math.ceilDiv(Math.max(LOWEST, highest), STEP) * STEP;
        while (asked == null && height > STEP && !Layout.of(tracks, height).fits(tracks.size())) {
            height -= STEP;
        }
        Layout layout = Layout.of(tracks, height);
        if (!layout.fits(tracks.size())) {
            throw new InvalidInputException(tracks.size() + " videos " + height + " pixels high are more than the "
                    + VideoWriter.LONGEST_SIDE + "x" + VideoWriter.LONGEST_SHORT_SIDE
                    + " the H.264 encoder takes; use " + (asked == null ? "fewer" : "a smaller --height"));
        }
        return layout;
    }

    private static int write(List<Track> tracks, Path output, Layout layout) {
        FrameRate rate = tracks.stream()
                .map(track -> track.reader.rate())
                .max(Comparator.comparingDouble(FrameRate::perSecond))
                .orElseThrow();
        List<String> labels = tracks.stream().map(track -> track.entry.label).toList();
        Picture sheet = sheet(tracks, 0, rate, layout, labels);
        if (sheet == null) {
            throw new InvalidInputException("one of the videos has no frames; leave it out");
        }
        try (VideoWriter video =
                VideoWriter.create(output, sheet.width(), sheet.height(), VideoWriter.Settings.at(rate))) {
            while (sheet != null) {
                video.add(sheet);
                sheet = sheet(tracks, video.frames(), rate, layout, labels);
            }
            video.metadata("comment", String.join(" | ", labels));
            video.finish();
            return video.frames();
        }
    }

    /** All videos during frame {@code frame} of the result; null when one of them is over. */
    private static @Nullable Picture sheet(
            List<Track> tracks, int frame, FrameRate rate, Layout layout, List<String> labels) {
        List<Picture> cells = new ArrayList<>();
        for (Track track : tracks) {
            Picture shown = track.at(frame, rate);
            if (shown == null) {
                return null;
            }
            cells.add(fitted(shown, track.width(layout.cellHeight), layout));
        }
        return ContactSheet.captioned(cells, layout.columns, GAP, labels);
    }

    /** In the middle of a white cell, as high as it. */
    private static Picture fitted(Picture frame, int width, Layout layout) {
        Picture scaled = Resampling.pil(frame, width, layout.cellHeight, PilFilter.BICUBIC);
        if (width == layout.cellWidth) {
            return scaled;
        }
        Picture cell = Picture.filled(layout.cellWidth, layout.cellHeight, 255, 255, 255);
        int left = (layout.cellWidth - width) / 2;
        for (int y = 0; y < layout.cellHeight; y++) {
            System.arraycopy(scaled.rgb(), y * width * 3, cell.rgb(), (y * layout.cellWidth + left) * 3, width * 3);
        }
        return cell;
    }

    private static void tellDifferences(List<Track> tracks, Consumer<String> notices) {
        tell(
                tracks,
                "the videos have different sizes",
                "they are shown at one height",
                notices,
                track -> track.reader.width() + "x" + track.reader.height());
        tell(
                tracks,
                "the videos have different frame rates",
                "each is played at its own speed",
                notices,
                track -> track.reader.rate() + " fps");
        tell(
                tracks,
                "the videos have different lengths",
                "the comparison ends with the shortest",
                notices,
                track -> String.format(
                        Locale.ROOT,
                        "%.3f s",
                        track.reader.count() / track.reader.rate().perSecond()));
    }

    private static void tell(
            List<Track> tracks,
            String difference,
            String remedy,
            Consumer<String> notices,
            Function<Track, String> property) {
        Set<String> found = tracks.stream().map(property).collect(Collectors.toSet());
        if (found.size() > 1) {
            String each = tracks.stream()
                    .map(track -> track.entry.label + " " + property.apply(track))
                    .collect(Collectors.joining(", "));
            notices.accept(difference + " (" + each + "); " + remedy);
        }
    }

    /** A video being played. */
    private static final class Track implements AutoCloseable {
        private final Entry entry;
        private final VideoReader reader;
        private @Nullable Picture shown;
        private long position = -1;

        Track(Entry entry) {
            this.entry = entry;
            reader = VideoReader.open(entry.file);
        }

        /** Pixels across at a height. */
        int width(int height) {
            return Math.max(2, Math.round((float) height * reader.width() / reader.height()));
        }

        /** What is seen during frame {@code frame} of a video with {@code rate}; null after the end. */
        @Nullable
        Picture at(long frame, FrameRate rate) {
            FrameRate own = reader.rate();
            long wanted = frame * rate.denominator() * own.numerator() / ((long) rate.numerator() * own.denominator());
            while (position < wanted) {
                shown = reader.next();
                position++;
                if (shown == null) {
                    return null;
                }
            }
            return shown;
        }

        @Override
        public void close() {
            reader.close();
        }
    }
}
