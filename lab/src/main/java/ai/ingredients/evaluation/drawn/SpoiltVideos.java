package ai.ingredients.evaluation.drawn;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.Mask;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Right videos with one thing wrong with them, for trying out what a protocol notices. Each fault is one that models of
 * several people really make.
 */
public final class SpoiltVideos implements VideoMaker {
    /** What is wrong. */
    public enum Fault {
        /** The last person is painted over with what stands beside them. */
        LOST,
        /** Everybody stands on the wrong side: the video is mirrored. */
        SWAPPED,
        /** Every face is half the next person's. */
        BLENDED,
        /** Every face is the photo's, moved and scaled to its place. */
        COPIED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final double HALF = 0.5;

    private final Fault fault;

    public SpoiltVideos(Fault fault) {
        this.fault = fault;
    }

    @Override
    public ObjectNode recipe() {
        return JsonNodeFactory.instance.objectNode().put("maker", fault.toString());
    }

    @Override
    public Clip shown(EvaluationCase one) {
        return one.truth();
    }

    @Override
    public List<Picture> make(EvaluationCase one) {
        Clip truth = one.truth();
        List<Picture> frames = new ArrayList<>();
        for (int f = 0; f < truth.frames().size(); f++) {
            Picture frame = truth.frames().get(f);
            frames.add(
                    switch (fault) {
                        case LOST ->
                            without(
                                    frame,
                                    truth.people().getLast().track().get(f).personMask());
                        case SWAPPED -> mirrored(frame);
                        case BLENDED -> blended(truth, f);
                        case COPIED -> copied(truth, f);
                    });
        }
        return frames;
    }

    /** Every row goes on from the nearest pixel that is not the person's. */
    private static Picture without(Picture frame, @Nullable Mask person) {
        if (person == null) {
            return frame;
        }
        byte[] rgb = frame.rgb().clone();
        for (int y = 0; y < frame.height(); y++) {
            for (int x = 0; x < frame.width(); x++) {
                if (person.get(x, y)) {
                    int from = nearest(person, x, y);
                    System.arraycopy(frame.rgb(), 3 * (y * frame.width() + from), rgb, 3 * (y * frame.width() + x), 3);
                }
            }
        }
        return new Picture(frame.width(), frame.height(), rgb);
    }

    private static int nearest(Mask person, int x, int y) {
        for (int distance = 1; distance < person.width(); distance++) {
            if (x - distance >= 0 && !person.get(x - distance, y)) {
                return x - distance;
            }
            if (x + distance < person.width() && !person.get(x + distance, y)) {
                return x + distance;
            }
        }
        return x;
    }

    private static Picture mirrored(Picture frame) {
        byte[] rgb = new byte[frame.rgb().length];
        for (int y = 0; y < frame.height(); y++) {
            for (int x = 0; x < frame.width(); x++) {
                int from = y * frame.width() + frame.width() - 1 - x;
                System.arraycopy(frame.rgb(), 3 * from, rgb, 3 * (y * frame.width() + x), 3);
            }
        }
        return new Picture(frame.width(), frame.height(), rgb);
    }

    private static Picture blended(Clip truth, int f) {
        Picture frame = truth.frames().get(f);
        Picture mixed = frame;
        List<Person> people = truth.people();
        for (int n = 0; n < people.size(); n++) {
            Seen own = people.get(n).track().get(f);
            Seen other = people.get((n + 1) % people.size()).track().get(f);
            if (own.faceMask() != null && own.landmarks() != null && other.landmarks() != null) {
                Move move = Move.of(own.landmarks(), other.landmarks());
                mixed = painted(mixed, own.faceMask(), frame, move, HALF);
            }
        }
        return mixed;
    }

    private static Picture copied(Clip truth, int f) {
        Picture frame = truth.frames().get(f);
        for (Person person : truth.people()) {
            Seen seen = person.track().get(f);
            PersonPhoto photo = person.photos().getFirst();
            if (seen.faceMask() != null && seen.landmarks() != null) {
                frame = painted(
                        frame, seen.faceMask(), photo.picture(), Move.of(seen.landmarks(), photo.landmarks()), 1);
            }
        }
        return frame;
    }

    /** {@code onto} with {@code share} of what {@code source} has at the moved places of {@code where}. */
    private static Picture painted(Picture onto, Mask where, Picture source, Move move, double share) {
        byte[] rgb = onto.rgb().clone();
        for (int y = 0; y < onto.height(); y++) {
            for (int x = 0; x < onto.width(); x++) {
                double fromX = move.x(x);
                double fromY = move.y(y);
                if (!where.get(x, y)
                        || fromX < 0
                        || fromY < 0
                        || fromX > source.width() - 1
                        || fromY > source.height() - 1) {
                    continue;
                }
                for (int c = 0; c < 3; c++) {
                    int at = 3 * (y * onto.width() + x) + c;
                    double value = sample(source, fromX, fromY, c);
                    rgb[at] = (byte) Math.round(share * value + (1 - share) * (rgb[at] & 0xFF));
                }
            }
        }
        return new Picture(onto.width(), onto.height(), rgb);
    }

    private static double sample(Picture picture, double x, double y, int channel) {
        int left = Math.min((int) x, picture.width() - 2);
        int top = Math.min((int) y, picture.height() - 2);
        double right = x - left;
        double below = y - top;
        return (1 - below)
                        * ((1 - right) * value(picture, left, top, channel)
                                + right * value(picture, left + 1, top, channel))
                + below
                        * ((1 - right) * value(picture, left, top + 1, channel)
                                + right * value(picture, left + 1, top + 1, channel));
    }

    private static int value(Picture picture, int x, int y, int channel) {
        return picture.rgb()[3 * (y * picture.width() + x) + channel] & 0xFF;
    }

    /** From one face's place to another's, moved and scaled, not turned: the other's pose stays. */
    private record Move(double scale, double centreX, double centreY, double otherX, double otherY) {
        static Move of(List<Face.Point> own, List<Face.Point> other) {
            double x = middle(own, true);
            double y = middle(own, false);
            double otherX = middle(other, true);
            double otherY = middle(other, false);
            return new Move(spread(other, otherX, otherY) / spread(own, x, y), x, y, otherX, otherY);
        }

        private static double middle(List<Face.Point> points, boolean x) {
            return points.stream()
                    .mapToDouble(point -> x ? point.x() : point.y())
                    .average()
                    .orElse(0);
        }

        private static double spread(List<Face.Point> points, double x, double y) {
            return points.stream()
                    .mapToDouble(point -> Math.hypot(point.x() - x, point.y() - y))
                    .average()
                    .orElse(1);
        }

        double x(double at) {
            return otherX + scale * (at - centreX);
        }

        double y(double at) {
            return otherY + scale * (at - centreY);
        }
    }
}
