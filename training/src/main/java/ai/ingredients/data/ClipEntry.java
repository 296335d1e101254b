package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import ai.ingredients.io.ForeignPath;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code clips.jsonl}. Files are named relative to the data set's folder; a video may lie elsewhere.
 *
 * @param id unique in the data set
 * @param video file, or folder of numbered PNG frames
 * @param fps of the video
 * @param people in the order their photos are given to the model
 * @param track file with a {@link Track}; absent when there are no people
 * @param masks folder with a {@link MaskPicture} for every frame; absent when masks are not known
 */
record ClipEntry(
        String id,
        String video,
        String caption,
        double fps,
        List<PersonEntry> people,
        @Nullable String track,
        @Nullable String masks) {

    ClipEntry {
        people = List.copyOf(people);
    }

    /**
     * Someone in the clip.
     *
     * @param id the same person has the same id in every clip
     */
    record PersonEntry(String id, List<PhotoEntry> photos) {
        PersonEntry {
            photos = List.copyOf(photos);
        }
    }

    /**
     * A reference photo on disk.
     *
     * @param frame of the clip's own video it was cut from; absent when it shows another moment
     */
    record PhotoEntry(
            String file,
            List<Face.Point> landmarks,
            @Nullable Integer frame) {}

    /**
     * @param where file and line, for messages
     * @param fps when the line has none
     * @throws InvalidInputException when something is missing or of another kind
     */
    static ClipEntry of(JsonNode json, String where, double fps) {
        if (!json.isObject()) {
            throw new InvalidInputException(where + ": is no JSON object");
        }
        ConfigReader reader = new ConfigReader(json, where);
        List<PersonEntry> people = new ArrayList<>();
        for (JsonNode person : list(json, "people", where)) {
            people.add(person(person, where + ": people[" + people.size() + "]"));
        }
        if (people.size() > MaskPicture.MOST_PEOPLE) {
            throw new InvalidInputException(where + ": tells of " + people.size() + " people; at most "
                    + MaskPicture.MOST_PEOPLE + " can be told apart");
        }
        String track = path(reader.text("track", ""), where + ": track");
        String masks = path(reader.text("masks", ""), where + ": masks");
        if (track.isEmpty() && !people.isEmpty()) {
            throw new InvalidInputException(where + ": track is missing; clips with people have one");
        }
        double own = reader.number("fps", fps);
        if (!(own > 0) || Double.isInfinite(own)) {
            throw new InvalidInputException(where + ": fps is " + own + ", expected a positive number");
        }
        return new ClipEntry(
                reader.text("id"),
                path(reader.text("video"), where + ": video"),
                reader.text("caption"),
                own,
                people,
                track.isEmpty() ? null : track,
                masks.isEmpty() ? null : masks);
    }

    /** {@code written}, after making sure that it can be a path. */
    private static String path(String written, String where) {
        var unused = ForeignPath.of(written, where);
        return written;
    }

    private static PersonEntry person(JsonNode json, String where) {
        ConfigReader reader = new ConfigReader(json, where);
        List<PhotoEntry> photos = new ArrayList<>();
        for (JsonNode photo : list(json, "photos", where)) {
            String at = where + ".photos[" + photos.size() + "]";
            ConfigReader values = new ConfigReader(photo, at);
            photos.add(new PhotoEntry(
                    path(values.text("file"), at + ": file"),
                    Numbers.landmarks(photo.path("landmarks"), at + ": landmarks"),
                    values.has("frame") ? values.integer("frame") : null));
        }
        return new PersonEntry(reader.text("id"), photos);
    }

    /** The list {@code key}; empty when it is absent. */
    private static JsonNode list(JsonNode json, String key, String where) {
        JsonNode list = json.path(key);
        if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
            throw new InvalidInputException(where + ": " + key + " is no list");
        }
        return list;
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", id).put("video", video).put("caption", caption).put("fps", fps);
        ArrayNode list = json.putArray("people");
        for (PersonEntry person : people) {
            ObjectNode node = list.addObject().put("id", person.id);
            ArrayNode photos = node.putArray("photos");
            for (PhotoEntry photo : person.photos) {
                ObjectNode taken = photos.addObject().put("file", photo.file);
                taken.set("landmarks", Numbers.json(photo.landmarks));
                if (photo.frame != null) {
                    taken.put("frame", photo.frame);
                }
            }
        }
        if (track != null) {
            json.put("track", track);
        }
        if (masks != null) {
            json.put("masks", masks);
        }
        return json;
    }
}
