package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reference photo of one person, ready for the extractor.
 *
 * @param name how messages call it, usually the path the user gave
 * @param picture upright, longer side at most {@value #LONG_SIDE} pixels when read by {@link #read}
 * @param originalLongSide pixels of the longer side before reduction, for messages
 * @param faceIndex which face to take, counted from 0 in order of falling detection score, or null for the largest
 * @param landmarks five points in pixels of {@code picture} that make detection unnecessary, or null
 */
public record Photo(
        String name,
        Picture picture,
        int originalLongSide,
        @Nullable Integer faceIndex,
        @Nullable List<Face.Point> landmarks) {
    /** Longer side to which the reference reduces photos ({@code resize_numpy_image_long(image, 1024)}). */
    public static final int LONG_SIDE = 1024;

    public Photo {
        if (faceIndex != null && faceIndex < 0) {
            throw new InvalidInputException(
                    name + ": face index " + faceIndex + " does not exist; faces are counted from 0");
        }
        landmarks = landmarks == null ? null : List.copyOf(landmarks);
    }

    /** A picture in memory, the largest face in it. */
    public static Photo of(String name, Picture picture) {
        return new Photo(name, picture, picture.longSide(), null, null);
    }

    /**
     * Reads {@code file} upright and reduced.
     *
     * @param faceIndex as in the record
     * @param landmarks where given landmarks are looked up, or null
     * @throws InvalidInputException when the file is no readable picture
     */
    public static Photo read(Path file, @Nullable Integer faceIndex, @Nullable LandmarkFile landmarks) {
        PictureReader.Fitted fitted = PictureReader.readFitted(file, LONG_SIDE);
        Picture picture = fitted.picture();
        List<Face.Point> given = landmarks == null ? null : landmarks.find(file);
        List<Face.Point> scaled = given == null
                ? null
                : given.stream().map(point -> reduced(point, fitted)).toList();
        return new Photo(
                file.toString(), picture, Math.max(fitted.originalWidth(), fitted.originalHeight()), faceIndex, scaled);
    }

    /** OpenCV's pixel centres lie at whole numbers, so the edge at −½ is what scaling leaves in place. */
    private static Face.Point reduced(Face.Point point, PictureReader.Fitted fitted) {
        double across = (double) fitted.picture().width() / fitted.originalWidth();
        double down = (double) fitted.picture().height() / fitted.originalHeight();
        return new Face.Point((point.x() + 0.5) * across - 0.5, (point.y() + 0.5) * down - 0.5);
    }
}
