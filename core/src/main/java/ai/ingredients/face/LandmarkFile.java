package ai.ingredients.face;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Landmarks given by hand, so that no detector is needed: a JSON object from photo to five points.
 *
 * <pre>{@code
 * {"anna.jpg": [[310.5, 402], [498, 399.5], [405, 510], [330, 612], [480, 610]]}
 * }</pre>
 *
 * <p>A photo is named by its path as given or seen from this file's folder, or by its file name alone. The points are left eye, right eye, tip of the
 * nose, left and right corner of the mouth, as seen in the photo, in pixels of the upright photo at its full size
 * (after its EXIF orientation, before any reduction), x to the right and y down.
 *
 * @param source the file, for messages
 * @param photos landmarks by photo
 */
public record LandmarkFile(Path source, Map<String, List<Face.Point>> photos) {
    /** Some twenty thousand photos. */
    private static final long MOST_BYTES = 4L << 20;

    public LandmarkFile {
        photos = Collections.unmodifiableMap(new LinkedHashMap<>(photos)); // in the order of the file
    }

    /**
     * Reads {@code file}.
     *
     * @throws InvalidInputException when it is unreadable or not of the form above
     */
    public static LandmarkFile read(Path file) {
        JsonNode root = JsonFile.read(file, MOST_BYTES);
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
                    && point.path(1).isNumber()
                    && Double.isFinite(point.path(0).asDouble())
                    && Double.isFinite(point.path(1).asDouble());
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
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<String, List<Face.Point>> entry : photos.entrySet()) {
            if (places(entry.getKey()).contains(absolute(photo))) {
                return entry.getValue();
            }
        }
        Path name = photo.getFileName();
        return name == null ? null : photos.get(name.toString());
    }

    /**
     * Refuses names that fit no photo, neither one of {@code given} nor another file: a slip of the pen would otherwise leave
     * the landmarks out without a word.
     *
     * @throws InvalidInputException naming the first of them
     */
    public void checkNames(List<Path> given) {
        for (String name : photos.keySet()) {
            boolean fits = given.stream()
                    .anyMatch(photo -> name.equals(photo.toString())
                            || name.equals(String.valueOf(photo.getFileName()))
                            || places(name).contains(absolute(photo)));
            if (!fits && places(name).stream().noneMatch(Files::isRegularFile)) {
                throw new InvalidInputException(source + ": names " + ForeignText.shown(name)
                        + ", which is none of the photos given and no other file; they are "
                        + given.stream().map(Path::toString).collect(Collectors.joining(", ")));
            }
        }
    }

    /** Where a photo of that name would be: as written, or beside this file. */
    private List<Path> places(String name) {
        if (!ForeignPath.possible(name)) {
            return List.of();
        }
        return List.of(absolute(Path.of(name)), absolute(source.resolveSibling(name)));
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }
}
