package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Landmarks given by hand, so that no detector is needed: a JSON object from photo to five points.
 *
 * <pre>{@code
 * {"anna.jpg": [[310.5, 402], [498, 399.5], [405, 510], [330, 612], [480, 610]]}
 * }</pre>
 *
 * <p>A photo is named by its path as given, or by its file name alone. The points are left eye, right eye, tip of the
 * nose, left and right corner of the mouth, as seen in the photo, in pixels of the upright photo at its full size
 * (after its EXIF orientation, before any reduction), x to the right and y down.
 *
 * @param source the file, for messages
 * @param photos landmarks by photo
 */
public record LandmarkFile(Path source, Map<String, List<Face.Point>> photos) {
    public LandmarkFile {
        photos = Map.copyOf(photos);
    }

    /**
     * Reads {@code file}.
     *
     * @throws InvalidInputException when it is unreadable or not of the form above
     */
    public static LandmarkFile read(Path file) {
        JsonNode root = JsonFile.read(file);
        Map<String, List<Face.Point>> photos = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            photos.put(entry.getKey(), points(file, entry.getKey(), entry.getValue()));
        }
        return new LandmarkFile(file, photos);
    }

    private static List<Face.Point> points(Path file, String photo, JsonNode list) {
        List<Face.Point> points = new ArrayList<>();
        for (JsonNode point : list) {
            boolean pair = point.size() == 2
                    && point.path(0).isNumber()
                    && point.path(1).isNumber();
            if (!pair) {
                throw new InvalidInputException(
                        file + ": " + photo + ": " + point + " is not a point; expected [x, y] in pixels");
            }
            points.add(new Face.Point(point.get(0).asDouble(), point.get(1).asDouble()));
        }
        if (!list.isArray() || points.size() != Face.LANDMARKS) {
            throw new InvalidInputException(file + ": " + photo + ": " + points.size()
                    + " points; expected 5: left eye, right eye, nose, left and right corner of the mouth");
        }
        return points;
    }

    /** The landmarks of {@code photo}, or null when the file does not name it. */
    public @Nullable List<Face.Point> find(Path photo) {
        List<Face.Point> exact = photos.get(photo.toString());
        Path name = photo.getFileName();
        return exact != null || name == null ? exact : photos.get(name.toString());
    }
}
