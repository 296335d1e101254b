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
 * @param originalWidth pixels across before reduction
 * @param originalHeight pixels down before reduction
 * @param faceIndex which face to take, counted from 0 in order of falling detection score, or null for the largest
 * @param landmarks five points in pixels of {@code picture} that make detection unnecessary, or null
 */
public record Photo(
        String name,
        Picture picture,
        int originalWidth,
        int originalHeight,
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
        return new Photo(name, picture, picture.width(), picture.height(), null, null);
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
        int width = fitted.originalWidth();
        int height = fitted.originalHeight();
        if (landmarks != null && given != null && given.stream().noneMatch(point -> isWithin(point, width, height))) {
            throw new InvalidInputException(
                    file + ": all landmarks in " + landmarks.source() + " lie outside this photo of " + width + "x"
                            + height + " pixels; they are counted in pixels of the photo at full size, upright");
        }
        List<Face.Point> scaled = given == null
                ? null
                : given.stream().map(point -> reduced(point, fitted)).toList();
        return new Photo(file.toString(), picture, width, height, faceIndex, scaled);
    }

    /**
     * A picture that was read already, reduced as by {@link #read}.
     *
     * @param faceIndex as in the record
     * @param landmarks five points in pixels of the picture at full size, or null
     */
    public static Photo of(
            String name,
            PictureReader.Fitted fitted,
            @Nullable Integer faceIndex,
            @Nullable List<Face.Point> landmarks) {
        boolean whole = fitted.picture().width() == fitted.originalWidth();
        List<Face.Point> scaled = landmarks == null || whole
                ? landmarks
                : landmarks.stream().map(point -> reduced(point, fitted)).toList();
        return new Photo(name, fitted.picture(), fitted.originalWidth(), fitted.originalHeight(), faceIndex, scaled);
    }

    private static boolean isWithin(Face.Point point, int width, int height) {
        return point.x() > -1 && point.y() > -1 && point.x() < width && point.y() < height;
    }

    /** Pixels of the longer side before reduction. */
    public int originalLongSide() {
        return Math.max(originalWidth, originalHeight);
    }

    /** A point of {@code picture} in pixels of the photo at full size: what users are told, and what they tell. */
    public Face.Point atFullSize(Face.Point point) {
        double across = (double) originalWidth / picture.width();
        double down = (double) originalHeight / picture.height();
        return new Face.Point((point.x() + 0.5) * across - 0.5, (point.y() + 0.5) * down - 0.5);
    }

    /** OpenCV's pixel centres lie at whole numbers, so the edge at −½ is what scaling leaves in place. */
    private static Face.Point reduced(Face.Point point, PictureReader.Fitted fitted) {
        double across = (double) fitted.picture().width() / fitted.originalWidth();
        double down = (double) fitted.picture().height() / fitted.originalHeight();
        return new Face.Point((point.x() + 0.5) * across - 0.5, (point.y() + 0.5) * down - 0.5);
    }
}
