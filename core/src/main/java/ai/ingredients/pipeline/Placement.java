package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where in the picture a person belongs, and when. A person may have several places: at a time they are wherever one of
 * them is. Without a place, or at times without one, nothing is asked of a person.
 *
 * @param person index, from 0
 * @param region part of the frame
 * @param span part of the video; none for all of it
 */
public record Placement(int person, Region region, @Nullable Span span) {
    /** For the whole video. */
    public Placement(int person, Region region) {
        this(person, region, null);
    }

    /** Whether the place holds at {@code seconds} into the video. */
    public boolean holdsAt(double seconds) {
        return span == null || (span.from <= seconds && seconds < span.to);
    }

    /** As in {@code left@0-1.5}. */
    String place() {
        return span == null ? region.toString() : region + "@" + span;
    }

    /**
     * A rectangle in fractions of the frame, from its upper left corner.
     *
     * @param left 0 or more, less than {@code right}
     * @param top 0 or more, less than {@code bottom}
     * @param right at most 1
     * @param bottom at most 1
     */
    public record Region(double left, double top, double right, double bottom) {
        /** Where the left one of two or three people stands. */
        public static final Region LEFT = new Region(0, 0, 0.4, 1);
        /** Where the middle one of three people stands. */
        public static final Region MIDDLE = new Region(0.3, 0, 0.7, 1);
        /** Where the right one of two or three people stands. */
        public static final Region RIGHT = new Region(0.6, 0, 1, 1);

        public Region {
            boolean inside = left >= 0 && top >= 0 && right <= 1 && bottom <= 1;
            if (!inside || !(left < right) || !(top < bottom)) {
                throw new InvalidInputException("the place " + text(left, top, right, bottom)
                        + " is no part of the frame; a place is x0,y0,x1,y1 in fractions of width and height from the"
                        + " upper left corner, with 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1");
            }
        }

        /** Whether a point lies in it; in fractions of the frame. */
        public boolean holds(double x, double y) {
            return left <= x && x < right && top <= y && y < bottom;
        }

        /** {@code left}, {@code middle}, {@code right}, or the four numbers. */
        @Override
        public String toString() {
            return equals(LEFT)
                    ? "left"
                    : equals(MIDDLE) ? "middle" : equals(RIGHT) ? "right" : text(left, top, right, bottom);
        }

        private static String text(double left, double top, double right, double bottom) {
            return number(left) + "," + number(top) + "," + number(right) + "," + number(bottom);
        }
    }

    /**
     * Part of a video, in seconds. A frame belongs to it when it begins in it.
     *
     * @param from 0 or more
     * @param to greater than {@code from}; not part of it
     */
    public record Span(double from, double to) {
        public Span {
            if (!(from >= 0) || !(from < to) || Double.isInfinite(to)) {
                throw new InvalidInputException("the time span " + number(from) + "-" + number(to)
                        + " cannot be; it is from-to in seconds, with 0 <= from < to");
            }
        }

        @Override
        public String toString() {
            return number(from) + "-" + number(to);
        }
    }

    /** Without a decimal point where none is needed. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.valueOf(value);
    }
}
