package ai.ingredients.studio.api;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.PersonName;
import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.jobs.FieldNames;
import ai.ingredients.studio.jobs.Wanted;
import ai.ingredients.studio.people.PeopleLibrary;
import ai.ingredients.studio.people.PeopleLibrary.Person;
import ai.ingredients.studio.people.PhotoDesk;
import ai.ingredients.studio.people.PhotoReport;
import ai.ingredients.studio.people.PhotoReport.FoundFace;
import ai.ingredients.studio.store.Blobs;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who appears in a video: people of the library, photos within the JSON, and files of a form. Photos are taken in and looked at
 * here, so that one without a face is refused before it waits its turn. Thread-safe.
 */
final class PeopleReader {
    private static final int LONGEST_ROLE = 200;
    private static final int LONGEST_NAME = 60;

    private final PeopleLibrary library;
    private final PhotoDesk desk;
    private final Blobs blobs;
    private final Limits limits;

    PeopleReader(PeopleLibrary library, PhotoDesk desk, Blobs blobs, Limits limits) {
        this.library = library;
        this.desk = desk;
        this.blobs = blobs;
        this.limits = limits;
    }

    /**
     * Who was found.
     *
     * @param people with the numbers of their photos among {@code photos}
     * @param photos as they will be kept
     * @param firstFrame the number of the picture that is continued, among {@code photos}; none where people are shown
     */
    record Found(
            List<Wanted.Who> people,
            List<byte[]> photos,
            @Nullable String firstFrame) {}

    /**
     * For a model that continues a picture: the one of {@code input_reference}, or of {@code base} when none is given.
     *
     * @throws ApiError when it is missing, is more than one, or people are asked for
     */
    Found firstFrame(Fields fields, Map<String, List<byte[]>> files, @Nullable Wanted base) {
        if (fields.has("people") || files.containsKey("people")) {
            throw ApiError.value(
                    "people", "This model shows no people of photos; send the first frame as `input_reference`.");
        }
        List<byte[]> given = references(fields, files);
        if (given.isEmpty() && base != null && base.firstFrame() != null) {
            return new Found(List.of(), List.of(bytes(base.firstFrame(), "input_reference")), "0");
        }
        if (given.size() != 1) {
            throw ApiError.value(
                    "input_reference",
                    "This model continues one picture, but " + given.size()
                            + " were sent; send its first frame as `input_reference`.");
        }
        PhotoDesk.Kept kept = refused("input_reference", () -> desk.take("the first frame", given.getFirst()));
        return new Found(List.of(), List.of(kept.png()), "0");
    }

    private List<byte[]> references(Fields fields, Map<String, List<byte[]>> files) {
        List<byte[]> given = new ArrayList<>(files.getOrDefault("input_reference", List.of()));
        for (JsonNode entry : fields.list("input_reference", limits.photos())) {
            String text = entry.isTextual()
                    ? entry.textValue()
                    : entry.path("image_url").textValue();
            if (text == null) {
                throw fields.wrong("input_reference", "a photo: a file, a data URL, or {image_url} with a data URL");
            }
            given.add(decoded("input_reference", text));
        }
        return given;
    }

    /** Reads {@code people} and {@code input_reference}; those of {@code base} when neither is given. */
    Found read(Fields fields, Map<String, List<byte[]>> files, @Nullable Wanted base) {
        List<Wanted.Who> people = new ArrayList<>();
        List<byte[]> photos = new ArrayList<>();
        for (JsonNode entry : fields.list("people", limits.people())) {
            if (entry.isTextual()) {
                people.add(kept(entry.textValue(), new Fields(fields.json().objectNode(), "people.")));
            } else if (entry instanceof ObjectNode object) {
                Fields person = new Fields(object, "people.");
                String id = person.text("id", 100);
                people.add(id == null ? inline(person, photos) : kept(id, person));
            } else {
                throw fields.wrong("people", "ids of people, or objects with a photo");
            }
        }
        List<byte[]> given = references(fields, files);
        given.addAll(files.getOrDefault("people", List.of()));
        for (byte[] file : given) {
            people.add(photo("input_reference", file, new Fields(fields.json().objectNode(), "people."), photos));
        }
        if (people.size() > limits.people() || photos.size() > limits.photos()) {
            throw ApiError.value(
                    "people",
                    people.size() + " people are too many; at most " + limits.people() + " fit into a video here.");
        }
        if (people.isEmpty() && base != null && !fields.has("people")) {
            return again(base);
        }
        return new Found(people, photos, null);
    }

    private Found again(Wanted base) {
        List<Wanted.Who> people = new ArrayList<>();
        List<byte[]> photos = new ArrayList<>();
        for (Wanted.Who who : base.people()) {
            if (who.person() != null) {
                people.add(kept(who.person(), new Fields(JsonNodeFactory.instance.objectNode(), "people.")));
                continue;
            }
            photos.add(bytes(who.photo(), "people"));
            people.add(new Wanted.Who(
                    null, String.valueOf(photos.size() - 1), who.name(), who.role(), who.face(), who.landmarks()));
        }
        return new Found(people, photos, null);
    }

    /** A photo of the video that is varied. */
    private byte[] bytes(@Nullable String key, String param) {
        Blobs.Blob blob = key == null ? null : blobs.find(key);
        if (blob == null) {
            throw ApiError.value(param, "A photo of the video that is varied is gone; give `" + param + "` again.");
        }
        try {
            return blob.bytes();
        } catch (IOException e) {
            throw ApiError.value(
                    param, "A photo of the video that is varied cannot be read; give `" + param + "` again.");
        }
    }

    /** Somebody of the library. */
    private Wanted.Who kept(String id, Fields fields) {
        Person person = library.find(id);
        if (person == null) {
            throw ApiError.value("people", "There is nobody with that id in the library.");
        }
        FoundFace face = person.face();
        if (face == null && desk.findsFaces()) {
            throw ApiError.value(
                    "people",
                    "In the photo of " + (person.name().isEmpty() ? person.id() : person.name())
                            + " no face was found.");
        }
        String name = fields.text("name", LONGEST_NAME);
        String role = fields.text("role", LONGEST_ROLE);
        return new Wanted.Who(
                person.id(),
                null,
                named(name == null ? person.name() : name),
                role == null ? person.role() : role,
                null,
                null);
    }

    private Wanted.Who inline(Fields person, List<byte[]> photos) {
        String photo = person.text("photo", Integer.MAX_VALUE);
        if (photo == null) {
            throw ApiError.value("people", "Somebody in `people` has neither an `id` nor a `photo`.");
        }
        return photo("people", decoded("people", photo), person, photos);
    }

    private Wanted.Who photo(String param, byte[] file, Fields person, List<byte[]> photos) {
        String label = "photo " + (photos.size() + 1);
        PhotoDesk.Kept kept = refused(param, () -> desk.take(label, file));
        String name = named(or(person.text("name", LONGEST_NAME), ""));
        String role = or(person.text("role", LONGEST_ROLE), "");
        List<List<Double>> given = landmarks(person, kept);
        photos.add(kept.png());
        String number = String.valueOf(photos.size() - 1);
        if (given != null) {
            return new Wanted.Who(null, number, name, role, null, given);
        }
        Integer asked = person.whole("face", 0, 1000);
        if (!desk.findsFaces()) {
            throw ApiError.value(param, label + ": no model here can find faces; give `landmarks` with the photo.");
        }
        PhotoReport report = desk.look(kept.picture());
        int chosen = asked == null ? report.chosen() : asked;
        if (report.chosen() < 0) {
            throw ApiError.value(
                    param, label + ": no face found; use a photo where the face is larger and seen from the front.");
        }
        if (chosen >= report.faces().size()) {
            throw ApiError.value(
                    "people.face",
                    label + ": there is no face " + chosen + "; "
                            + report.faces().size() + " were found, counted from 0.");
        }
        return new Wanted.Who(
                null, number, name, role, chosen, report.faces().get(chosen).landmarks());
    }

    private static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private static String named(String name) {
        if (!name.isEmpty()) {
            OrderReader.check("people.name", () -> PersonName.checked("`people.name`", name));
        }
        return name;
    }

    /** Five points in pixels of the photo that was sent, made those of the one that is kept. */
    private static @Nullable List<List<Double>> landmarks(Fields person, PhotoDesk.Kept kept) {
        List<JsonNode> points = person.list("landmarks", 5);
        if (points.isEmpty()) {
            return null;
        }
        double across = (double) kept.picture().width() / kept.originalWidth();
        double down = (double) kept.picture().height() / kept.originalHeight();
        List<List<Double>> scaled = new ArrayList<>();
        for (JsonNode point : points) {
            if (point.size() != 2 || !point.path(0).isNumber() || !point.path(1).isNumber()) {
                throw person.wrong("landmarks", "five points [x, y]");
            }
            scaled.add(List.of(
                    (point.get(0).doubleValue() + 0.5) * across - 0.5,
                    (point.get(1).doubleValue() + 0.5) * down - 0.5));
        }
        if (scaled.size() != 5) {
            throw person.wrong("landmarks", "five points [x, y]");
        }
        return scaled;
    }

    /** A data URL, or base64 alone. */
    static byte[] decoded(String param, String text) {
        int comma = text.startsWith("data:") ? text.indexOf(',') : -1;
        if (text.startsWith("http:") || text.startsWith("https:") || text.startsWith("file:")) {
            throw ApiError.value(
                    param, "`" + param + "` is an address; this studio fetches nothing. Send the photo itself.");
        }
        if (comma >= 0 && !text.substring(0, comma).endsWith(";base64")) {
            throw ApiError.value(param, "`" + param + "` is a data URL without base64.");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(comma + 1));
        } catch (IllegalArgumentException e) {
            throw ApiError.value(param, "`" + param + "` is no base64.");
        }
    }

    /** Turns the refusal of a photo into ours. */
    static <T> T refused(String param, Supplier<T> work) {
        try {
            return work.get();
        } catch (InvalidInputException e) {
            throw ApiError.value(param, FieldNames.translated(e.getMessage()));
        }
    }
}
