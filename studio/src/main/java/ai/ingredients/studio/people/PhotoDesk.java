package ai.ingredients.studio.people;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.face.Photo;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.Png;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes in photos: refuses what claims too many pixels, turns the others upright, reduces them as the models see them anyway,
 * and drops all that the file said besides, such as where it was taken. Thread-safe.
 */
public final class PhotoDesk {
    private final @Nullable FaceFinder faces;
    private final long mostPixels;

    /**
     * @param faces finds faces; none where no model has a detector
     * @param mostPixels that a photo may claim
     */
    public PhotoDesk(@Nullable FaceFinder faces, long mostPixels) {
        this.faces = faces;
        this.mostPixels = mostPixels;
    }

    /**
     * A photo as it is kept.
     *
     * @param picture upright, reduced
     * @param originalWidth before that
     * @param originalHeight before that
     * @param png the picture as a file
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    public record Kept(Picture picture, int originalWidth, int originalHeight, byte[] png) {}

    /**
     * Takes in a file.
     *
     * @param name how messages call it: "photo 1", nothing of the client's
     * @throws InvalidInputException when it is no photo that can be used
     */
    public Kept take(String name, byte[] file) {
        PhotoHeader header = PhotoHeader.of(file);
        if (header != null && header.pixels() > mostPixels) {
            throw new InvalidInputException(name + ": claims " + header.width() + "x" + header.height()
                    + " pixels; at most " + mostPixels / 1_000_000 + " megapixels are taken");
        }
        PictureReader.Fitted fitted = PictureReader.readFitted(name, file, Photo.LONG_SIDE);
        return new Kept(
                fitted.picture(), fitted.originalWidth(), fitted.originalHeight(), Png.encode(fitted.picture()));
    }

    /** Whether faces can be found at all. */
    public boolean findsFaces() {
        return faces != null;
    }

    /** Looks for faces; the largest is chosen. */
    public PhotoReport look(Picture photo) {
        if (faces == null) {
            return new PhotoReport(
                    photo.width(),
                    photo.height(),
                    List.of(),
                    -1,
                    List.of(new PhotoReport.Advice(
                            "no_detector", "No model here can find faces; give `landmarks` with the photo.")));
        }
        List<Face> found = faces.find(photo);
        List<PhotoReport.FoundFace> shown = new ArrayList<>();
        int largest = -1;
        double area = -1;
        for (Face face : found) {
            double own = face.box().areaWithin(photo.width(), photo.height());
            if (own > area) {
                area = own;
                largest = shown.size();
            }
            shown.add(PhotoReport.found(face, photo.width(), photo.height()));
        }
        return new PhotoReport(photo.width(), photo.height(), shown, largest, PhotoAdvice.of(photo, found, largest));
    }
}
