package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * ConsisID's layout on disk, and what a clip's own files in it say; {@link ConsisIdFiles} finds the clips.
 *
 * <pre>
 *   total_train_data.txt               a line for each part: videos folder, captions file, part folder
 *   captions/PART.json                 or PART/captions/*.json: [{"path", "cap", "fps", "duration", …}]
 *   PART/videos/CLIP.mp4
 *   PART/refine_bbox_jsons/CLIP.json   {"0": {"face": [{"box": {"x1", …}, "confidence", "new_track_id"}], "head", "person"}}
 *   PART/track_masks_data/CLIP/corresponding_data.json      {"1": {"face": 1, "head": 2, "person": 3}}
 *   PART/track_masks_data/CLIP/tracking_mask_results/1/annotated_frame_00000.png
 * </pre>
 */
final class ConsisIdLayout {
    private ConsisIdLayout() {}

    /**
     * A clip.
     *
     * @param id fit for file names
     * @param boxes file
     * @param corresponding file that tells which masks are whose
     * @param masks folder with a folder of masks for each number
     */
    record Item(String id, Path video, String caption, Path boxes, Path corresponding, Path masks) {
        /** The same with another id. */
        Item called(String other) {
            return new Item(other, video, caption, boxes, corresponding, masks);
        }
    }

    /** A box that was found, and how surely. */
    record Found(Face.Box box, double confidence) {}

    /**
     * Someone in a clip.
     *
     * @param track the number boxes go by
     * @param masks numbers of the masks by kind: face, head, person
     */
    record Who(int track, Map<String, Integer> masks) {}

    /** The boxes of a clip by frame, kind and track. */
    record Boxes(Map<Integer, Map<String, Map<Integer, Found>>> frames) {
        @Nullable
        Found face(int frame, int track) {
            return found(frame, "face", track);
        }

        Face.@Nullable Box box(int frame, String kind, int track) {
            Found found = found(frame, kind, track);
            return found == null ? null : found.box;
        }

        private @Nullable Found found(int frame, String kind, int track) {
            return frames.getOrDefault(frame, Map.of())
                    .getOrDefault(kind, Map.of())
                    .get(track);
        }

        /** Where a person's face is on the average. */
        double meanX(int track) {
            return frames.keySet().stream()
                    .map(frame -> face(frame, track))
                    .filter(found -> found != null)
                    .mapToDouble(found -> (found.box.left() + found.box.right()) / 2)
                    .average()
                    .orElse(Double.MAX_VALUE);
        }

        /** Everybody whose face is found. */
        List<Integer> tracks() {
            return frames.values().stream()
                    .flatMap(frame -> frame.getOrDefault("face", Map.of()).keySet().stream())
                    .distinct()
                    .sorted()
                    .toList();
        }
    }

    /** @throws InvalidInputException when the file is missing or holds something else */
    static Boxes boxes(Item item) {
        JsonNode json = JsonFile.read(item.boxes);
        Map<Integer, Map<String, Map<Integer, Found>>> frames = new TreeMap<>();
        json.properties().forEach(frame -> {
            Map<String, Map<Integer, Found>> kinds = new HashMap<>();
            frame.getValue()
                    .properties()
                    .forEach(kind -> kinds.put(kind.getKey(), tracks(kind.getValue(), item, frame.getKey())));
            frames.put(number(frame.getKey(), item.boxes), kinds);
        });
        return new Boxes(frames);
    }

    private static Map<Integer, Found> tracks(JsonNode list, Item item, String frame) {
        Map<Integer, Found> tracks = new HashMap<>();
        for (JsonNode found : list) {
            JsonNode track = found.path("new_track_id");
            if (!track.isIntegralNumber() || !track.canConvertToInt()) {
                continue; // a box that belongs to no track
            }
            JsonNode box = found.path("box");
            for (String edge : List.of("x1", "y1", "x2", "y2")) {
                if (!box.path(edge).isNumber()) {
                    throw new InvalidInputException(item.boxes + ": frame " + frame + " has a box without " + edge);
                }
            }
            Face.Box edges = new Face.Box(
                    (float) box.path("x1").asDouble(),
                    (float) box.path("y1").asDouble(),
                    (float) box.path("x2").asDouble(),
                    (float) box.path("y2").asDouble());
            double confidence = found.path("confidence").asDouble(0);
            if (isBox(edges)) { // a detector that divided by zero saw nobody
                tracks.put(track.asInt(), new Found(edges, Double.isFinite(confidence) ? confidence : 0));
            }
        }
        return tracks;
    }

    private static boolean isBox(Face.Box box) {
        return Float.isFinite(box.left())
                && Float.isFinite(box.top())
                && box.left() <= box.right()
                && box.top() <= box.bottom()
                && Float.isFinite(box.right())
                && Float.isFinite(box.bottom());
    }

    private static int number(String key, Path file) {
        try {
            return Integer.parseInt(key);
        } catch (NumberFormatException e) {
            throw new InvalidInputException(file + ": \"" + key + "\" is no number of a frame or a person", e);
        }
    }

    /** Who is in a clip: everybody with masks of a face, or with boxes of a face where there are no masks at all. */
    static List<Who> people(Item item, Boxes boxes) {
        if (!Files.exists(item.corresponding)) {
            return boxes.tracks().stream()
                    .map(track -> new Who(track, Map.of()))
                    .toList();
        }
        List<Who> people = new ArrayList<>();
        JsonFile.read(item.corresponding).properties().forEach(person -> {
            Map<String, Integer> masks = new HashMap<>();
            person.getValue()
                    .properties()
                    .forEach(kind -> masks.put(kind.getKey(), kind.getValue().asInt()));
            if (masks.containsKey("face")) {
                people.add(new Who(number(person.getKey(), item.corresponding), masks));
            }
        });
        return people;
    }
}
