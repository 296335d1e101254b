package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * ConsisID's layout on disk.
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
    private static final String BOXES = "refine_bbox_jsons";
    private static final String MASKS = "track_masks_data";

    private ConsisIdLayout() {}

    /**
     * A clip.
     *
     * @param id fit for file names
     * @param boxes file
     * @param corresponding file that tells which masks are whose
     * @param masks folder with a folder of masks for each number
     */
    record Item(String id, Path video, String caption, Path boxes, Path corresponding, Path masks) {}

    /** A videos folder with its captions and what is known of its people. */
    private record Part(Path videos, Path captions, Path annotations) {}

    /** A box that was found, and how surely. */
    record Found(Face.Box box, double confidence) {}

    /**
     * Someone in a clip.
     *
     * @param track the number boxes go by
     * @param masks numbers of the masks by kind: face, head, person
     */
    record Who(int track, Map<String, Integer> masks) {}

    /**
     * All clips below {@code source}.
     *
     * @throws InvalidInputException when there are none, or a list or captions file cannot be read
     */
    static List<Item> items(Path source) {
        if (!Files.isDirectory(source)) {
            throw new InvalidInputException(source + ": there is no such folder");
        }
        List<Part> parts = listed(source);
        if (parts.isEmpty()) {
            parts = found(source);
        }
        Map<String, Item> items = new LinkedHashMap<>();
        for (Part part : parts) {
            String prefix = parts.size() == 1 ? "" : part.annotations.getFileName() + "-";
            for (JsonNode caption : captions(part.captions)) {
                String path = caption.path("path").asText("");
                String text = caption.path("cap").asText("");
                if (path.isEmpty() || text.isBlank()) {
                    throw new InvalidInputException(part.captions + ": an entry without \"path\" or \"cap\"");
                }
                Item item = item(part, prefix, path.substring(path.lastIndexOf('/') + 1), text);
                items.putIfAbsent(item.id, item);
            }
        }
        if (items.isEmpty()) {
            throw new InvalidInputException(
                    source + ": nothing to import; expected ConsisID's layout with folders videos, " + BOXES + " and "
                            + MASKS + " and a captions JSON");
        }
        return List.copyOf(items.values());
    }

    private static Item item(Part part, String prefix, String file, String caption) {
        int dot = file.lastIndexOf('.');
        String base = dot < 0 ? file : file.substring(0, dot);
        String id = (prefix + base).replaceAll("[^\\p{L}\\p{N}._@-]", "_").replaceFirst("^\\.", "_");
        Path tracked = part.annotations.resolve(MASKS).resolve(base);
        return new Item(
                DatasetWriter.isId(id) ? id : "clip-" + Integer.toHexString(id.hashCode()),
                part.videos.resolve(file),
                caption,
                part.annotations.resolve(BOXES).resolve(base + ".json"),
                tracked.resolve("corresponding_data.json"),
                tracked.resolve("tracking_mask_results"));
    }

    /** What the list files directly in {@code source} name: lines of three paths. */
    private static List<Part> listed(Path source) {
        List<Part> parts = new ArrayList<>();
        for (Path file : children(source, ".txt")) {
            List<String> lines;
            try {
                lines = Files.readAllLines(file);
            } catch (IOException e) {
                throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
            }
            for (int i = 0; i < lines.size(); i++) {
                String[] fields = lines.get(i).strip().split(",", -1);
                if (fields.length == 3) {
                    String where = file + ":" + (i + 1);
                    parts.add(new Part(
                            below(source, fields[0], where),
                            below(source, fields[1], where),
                            below(source, fields[2], where)));
                }
            }
        }
        return parts;
    }

    /**
     * The path as it stands, or its longest end that lies in {@code source}: lists name paths from where training was
     * started, and data sets move.
     */
    private static Path below(Path source, String written, String where) {
        Path path = ForeignPath.of(written.strip(), where + ": a path");
        for (int from = 0; from < path.getNameCount(); from++) {
            Path inside = source.resolve(path.subpath(from, path.getNameCount()));
            if (Files.exists(inside)) {
                return inside;
            }
        }
        if (path.isAbsolute() && Files.exists(path)) {
            return path;
        }
        throw new InvalidInputException(where + ": there is no " + written + " in " + source);
    }

    private static List<Part> found(Path source) {
        List<Part> parts = new ArrayList<>();
        List<Path> folders = new ArrayList<>(List.of(source));
        folders.addAll(children(source, ""));
        for (Path folder : folders) {
            if (!Files.isDirectory(folder.resolve("videos")) || !Files.isDirectory(folder.resolve(BOXES))) {
                continue;
            }
            List<Path> captions = new ArrayList<>(children(folder.resolve("captions"), ".json"));
            Path outside = source.resolve("captions").resolve(folder.getFileName() + ".json");
            if (Files.exists(outside)) {
                captions.add(outside);
            }
            if (captions.isEmpty()) {
                throw new InvalidInputException(folder + ": there are no captions; expected "
                        + folder.resolve("captions").resolve("NAME.json"));
            }
            captions.forEach(file -> parts.add(new Part(folder.resolve("videos"), file, folder)));
        }
        return parts;
    }

    private static List<Path> children(Path folder, String ending) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private static JsonNode captions(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            JsonNode list = JsonFile.parse(in);
            if (!list.isArray()) {
                throw new InvalidInputException(file + ": is no list of captions");
            }
            return list;
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read as JSON (" + IoReason.of(e) + ")", e);
        }
    }

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
            if (!track.isIntegralNumber()) {
                continue; // a box that belongs to no track
            }
            JsonNode box = found.path("box");
            for (String edge : List.of("x1", "y1", "x2", "y2")) {
                if (!box.path(edge).isNumber()) {
                    throw new InvalidInputException(item.boxes + ": frame " + frame + " has a box without " + edge);
                }
            }
            tracks.put(
                    track.asInt(),
                    new Found(
                            new Face.Box(
                                    (float) box.path("x1").asDouble(),
                                    (float) box.path("y1").asDouble(),
                                    (float) box.path("x2").asDouble(),
                                    (float) box.path("y2").asDouble()),
                            found.path("confidence").asDouble(0)));
        }
        return tracks;
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
