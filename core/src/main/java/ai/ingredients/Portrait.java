package ai.ingredients;

import ai.ingredients.face.Face;
import ai.ingredients.face.LandmarkFile;
import ai.ingredients.face.PersonName;
import ai.ingredients.face.Photo;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.pipeline.RecipeSources.Shown;
import ai.ingredients.pipeline.RecipeSources.Source;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A photo of one person, or several, and what is to be known about it: what the person is called in prompts, and which face it is.
 *
 * <pre>{@code
 * Portrait ada = Portrait.of(Path.of("family.jpg")).named("ada").face(2);
 * }</pre>
 *
 * <p>Files are read when people are prepared, not here. Immutable and thread-safe; pixels and bytes that were handed in are
 * not copied, so nobody may write into them.
 */
public final class Portrait {
    private final Content content;
    private final String name;
    private final @Nullable Integer face;
    private final @Nullable List<Face.Point> points;
    private final @Nullable LandmarkFile landmarks;
    private final List<Portrait> others;

    /** One of them. */
    private record Content(
            @Nullable Path file,
            byte @Nullable [] bytes,
            @Nullable Picture picture) {}

    private Portrait(
            Content content,
            String name,
            @Nullable Integer face,
            @Nullable List<Face.Point> points,
            @Nullable LandmarkFile landmarks,
            List<Portrait> others) {
        this.content = content;
        this.name = name;
        this.face = face;
        this.points = points;
        this.landmarks = landmarks;
        this.others = List.copyOf(others);
    }

    private static Portrait of(@Nullable Path file, byte @Nullable [] bytes, @Nullable Picture picture) {
        return new Portrait(new Content(file, bytes, picture), PersonName.NONE, null, null, null, List.of());
    }

    /** A file: JPEG, PNG, WebP, GIF or BMP; turned upright as its EXIF data say. */
    public static Portrait of(Path file) {
        return of(file, null, null);
    }

    /** The content of such a file. */
    public static Portrait of(byte[] file) {
        return of(null, file, null);
    }

    /** An image of any type, upright; transparency is dropped. */
    public static Portrait of(BufferedImage image) {
        return of(Picture.copyOf(image));
    }

    /** Pixels, upright; with landmarks they are taken as they are, without, reduced as files are. */
    public static Portrait of(Picture picture) {
        return of(null, null, picture);
    }

    /**
     * The same of a person who is called {@code other}, and whom prompts mention as {@code @other}.
     *
     * @throws InvalidInputException when that is no name: one word of letters, digits and _ that begins with a letter
     */
    public Portrait named(String other) {
        String checked = other.equals(PersonName.NONE) ? other : PersonName.checked("the name of a person", other);
        return new Portrait(content, checked, face, points, landmarks, others);
    }

    /**
     * The same with another face than the largest.
     *
     * @param index in the order of detection, from 0
     */
    public Portrait face(int index) {
        if (index < 0) {
            throw new InvalidInputException("`face` " + index + " does not exist; faces are counted from 0");
        }
        return new Portrait(content, name, index, points, landmarks, others);
    }

    /**
     * The same with a face that need not be looked for.
     *
     * @param five left eye, right eye, tip of the nose, left and right corner of the mouth as seen in the photo, in pixels of
     *     the upright photo at its full size
     */
    public Portrait landmarks(List<Face.Point> five) {
        if (five.size() != Face.LANDMARKS) {
            throw new InvalidInputException(five.size()
                    + " landmarks; expected 5: left eye, right eye, nose, left and right corner of the mouth");
        }
        return new Portrait(content, name, face, List.copyOf(five), null, others);
    }

    /** The same with landmarks from a file, where that names this photo's file. */
    public Portrait landmarks(LandmarkFile given) {
        return new Portrait(content, name, face, null, given, others);
    }

    /** As {@link #also(Portrait)}, of a file. */
    public Portrait also(Path file) {
        return also(of(file));
    }

    /**
     * The same person with another photo: features of all photos are averaged, and the model is shown the face that is
     * largest in its photo. Photos that differ in light, expression and angle tell more than ones that are alike.
     *
     * @param photo with a face or landmarks of its own; a name is not looked at
     */
    public Portrait also(Portrait photo) {
        List<Portrait> all = new ArrayList<>(others);
        all.add(photo.alone());
        all.addAll(photo.others);
        return new Portrait(content, name, face, points, landmarks, all);
    }

    private Portrait alone() {
        return new Portrait(content, PersonName.NONE, face, points, landmarks, List.of());
    }

    /** All photos of this person, this one first. */
    List<Portrait> photos() {
        List<Portrait> all = new ArrayList<>(List.of(alone()));
        all.addAll(others);
        return all;
    }

    /** What the person is called; empty for somebody without a name. */
    public String name() {
        return name;
    }

    /** Where landmarks are looked up. */
    @Nullable
    LandmarkFile landmarkFile() {
        return landmarks;
    }

    /**
     * Reads it.
     *
     * @param number of the person, from 1: what messages call a photo without a file
     */
    Photo read(int number) {
        String label = label(number);
        Path file = content.file;
        byte[] bytes = content.bytes;
        if (file != null && points == null) {
            return Photo.read(file, face, landmarks);
        }
        PictureReader.Fitted fitted;
        if (file != null) {
            fitted = PictureReader.readFitted(file, Photo.LONG_SIDE);
        } else if (bytes != null) {
            fitted = PictureReader.readFitted(label, bytes, Photo.LONG_SIDE);
        } else {
            fitted = PictureReader.fitted(pixels(), points == null ? Photo.LONG_SIDE : Integer.MAX_VALUE);
        }
        return Photo.of(label, fitted, face, points);
    }

    /** Reads it as a picture at full size, not as somebody's. */
    Picture whole() {
        if (content.file != null) {
            return PictureReader.read(content.file);
        }
        return content.bytes != null
                ? PictureReader.readFitted("the first frame", content.bytes, Integer.MAX_VALUE)
                        .picture()
                : pixels();
    }

    private Picture pixels() {
        if (content.picture == null) {
            throw new IllegalStateException("a portrait is a file, bytes or pixels");
        }
        return content.picture;
    }

    private String label(int number) {
        return content.file != null ? content.file.toString() : "photo " + number;
    }

    /** What it is, for a recipe; of pixels their bytes, R, G, B. */
    Shown shown(int number) {
        return new Shown(
                source(number),
                face,
                points,
                others.stream().map(other -> other.shown(number)).toList());
    }

    private Source source(int number) {
        if (content.file != null) {
            return Source.of(content.file);
        }
        return Source.of(label(number), content.bytes != null ? content.bytes : pixels().rgb());
    }
}
