package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where everybody is in every frame of a video: a file {@code tracks/ID.json}.
 *
 * @param frames for each frame of the video one sighting per person, in the order of the clip's people
 */
record Track(List<List<Sighting>> frames) {
    Track {
        frames = frames.stream().map(List::copyOf).toList();
    }

    /**
     * A person in a frame; what is not seen or not known is absent.
     *
     * @param face frame of the face, pixels
     * @param landmarks five points, pixels
     * @param head frame of the whole head, pixels
     * @param person frame of the whole person, pixels
     * @param facePixels how many pixels of the face are not hidden
     */
    record Sighting(
            Face.@Nullable Box face,
            @Nullable List<Face.Point> landmarks,
            Face.@Nullable Box head,
            Face.@Nullable Box person,
            @Nullable Integer facePixels) {
        static final Sighting ABSENT = new Sighting(null, null, null, null, null);

        /** A face of which less than this share of its box is there counts as hidden. */
        private static final double LEAST_SHARE = 0.1;

        /** Whether the face can be seen in the frame, what hides it considered. */
        boolean visible() {
            if (face == null) {
                return false;
            }
            double area = (double) (face.right() - face.left()) * (face.bottom() - face.top());
            return facePixels == null || facePixels >= Math.max(1, LEAST_SHARE * area);
        }
    }

    /**
     * Reads a file.
     *
     * @param people how many the clip has
     * @throws InvalidInputException naming the file and the frame that is wrong
     */
    static Track read(Path file, int people) {
        JsonNode list = JsonFile.read(file).path("frames");
        if (!list.isArray() || list.isEmpty()) {
            throw new InvalidInputException(file + ": holds no list of frames");
        }
        List<List<Sighting>> frames = new ArrayList<>();
        for (JsonNode frame : list) {
            String where = file + ": frame " + frames.size();
            if (!frame.isArray() || frame.size() != people) {
                throw new InvalidInputException(
                        where + " tells of " + frame.size() + " people, the clip has " + people);
            }
            List<Sighting> sightings = new ArrayList<>();
            for (JsonNode person : frame) {
                sightings.add(sighting(person, where + ", person " + sightings.size()));
            }
            frames.add(sightings);
        }
        return new Track(frames);
    }

    private static Sighting sighting(JsonNode json, String where) {
        if (json.isNull()) {
            return Sighting.ABSENT;
        }
        JsonNode landmarks = json.path("landmarks");
        JsonNode pixels = json.path("face_pixels");
        if (!json.isObject() || !(pixels.isMissingNode() || pixels.isIntegralNumber() && pixels.canConvertToInt())) {
            throw new InvalidInputException(where + ": is " + json + ", expected an object or null");
        }
        return new Sighting(
                box(json, "face", where),
                landmarks.isMissingNode() ? null : Numbers.landmarks(landmarks, where + ": landmarks"),
                box(json, "head", where),
                box(json, "person", where),
                pixels.isMissingNode() ? null : (Integer) pixels.asInt());
    }

    private static Face.@Nullable Box box(JsonNode json, String key, String where) {
        JsonNode box = json.path(key);
        return box.isMissingNode() ? null : Numbers.box(box, where + ": " + key);
    }

    /** Writes {@code file} in one step, a line for each frame. */
    void write(Path file) {
        String lines =
                frames.stream().map(Track::line).collect(Collectors.joining(",\n", "{\"frames\": [\n", "\n]}\n"));
        AtomicFile.replace(file, lines.getBytes(StandardCharsets.UTF_8));
    }

    private static String line(List<Sighting> frame) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (Sighting seen : frame) {
            if (seen.equals(Sighting.ABSENT)) {
                list.addNull();
                continue;
            }
            ObjectNode json = list.addObject();
            put(json, "face", seen.face);
            if (seen.landmarks != null) {
                json.set("landmarks", Numbers.json(seen.landmarks));
            }
            put(json, "head", seen.head);
            put(json, "person", seen.person);
            if (seen.facePixels != null) {
                json.put("face_pixels", seen.facePixels);
            }
        }
        return list.toString();
    }

    private static void put(ObjectNode json, String key, Face.@Nullable Box box) {
        if (box != null) {
            json.set(key, Numbers.json(box));
        }
    }
}
