package ai.ingredients.studio.api;

import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.jobs.Pictures;
import ai.ingredients.studio.people.PeopleLibrary;
import ai.ingredients.studio.people.PeopleLibrary.Person;
import ai.ingredients.studio.people.PhotoReport;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Page;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /v1/people}: the library of people. Thread-safe. */
final class PeopleRoutes {
    private static final int LONGEST = 1000;
    private static final int SMALLEST = 16;

    private final PeopleLibrary library;
    private final Limits limits;

    PeopleRoutes(PeopleLibrary library, Limits limits) {
        this.library = library;
        this.limits = limits;
    }

    void addTo(Routes routes) {
        routes.add(HandlerType.POST, "/v1/people", this::create)
                .add(HandlerType.GET, "/v1/people", this::list)
                .add(HandlerType.GET, "/v1/people/{id}", this::get)
                .add(HandlerType.PATCH, "/v1/people/{id}", this::change)
                .add(HandlerType.DELETE, "/v1/people/{id}", this::delete)
                .add(HandlerType.GET, "/v1/people/{id}/photos/{index}", this::photo);
    }

    private void create(Context context) {
        Body body = Body.read(context, limits.bytes());
        Fields fields = new Fields(body.fields());
        List<byte[]> photos = new ArrayList<>(body.files().getOrDefault("photo", List.of()));
        photos.addAll(body.files().getOrDefault("photos", List.of()));
        for (JsonNode photo : fields.list("photos", limits.photos())) {
            if (!photo.isTextual()) {
                throw fields.wrong("photos", "data URLs");
            }
            photos.add(PeopleReader.decoded("photos", photo.textValue()));
        }
        if (photos.isEmpty()) {
            throw ApiError.value(
                    "photo", "`photo` is missing; send 1 to " + limits.photos() + " photos of one person.");
        }
        if (photos.size() > limits.photos()) {
            throw ApiError.value(
                    "photo",
                    photos.size() + " photos are too many; at most " + limits.photos() + " are taken of a person.");
        }
        String name = or(fields.text("name", LONGEST), "");
        String role = or(fields.text("role", LONGEST), "");
        Integer face = fields.whole("face", 0, LONGEST);
        Answers.json(
                context,
                json(PeopleReader.refused("photo", () -> library.add(name.strip(), role.strip(), photos, face))));
    }

    private static String or(@Nullable String text, String otherwise) {
        return text == null ? otherwise : text;
    }

    private void list(Context context) {
        Page<Person> page = library.list(Paging.query(context, Ids.PERSON));
        if (page == null) {
            throw ApiError.value("after", "There is nobody of that id.");
        }
        ArrayNode data = JsonNodeFactory.instance.arrayNode();
        page.rows().forEach(person -> data.add(json(person)));
        Answers.json(context, Paging.list(data, page.more()));
    }

    private void get(Context context) {
        Person person = library.find(context.pathParam("id"));
        if (person == null) {
            throw ApiError.notFound("This person");
        }
        Answers.json(context, json(person));
    }

    private void change(Context context) {
        Fields fields = new Fields(Body.read(context, limits.bytes()).fields());
        PeopleLibrary.Change change = new PeopleLibrary.Change(
                fields.text("name", LONGEST),
                fields.text("role", LONGEST),
                fields.whole("photo", 0, LONGEST),
                fields.whole("face", 0, LONGEST));
        String id = context.pathParam("id");
        if (library.find(id) == null) {
            throw ApiError.notFound("This person");
        }
        Person[] changed = new Person[1];
        OrderReader.check("name", () -> changed[0] = library.change(id, change));
        if (changed[0] == null) {
            throw ApiError.notFound("This person");
        }
        Answers.json(context, json(changed[0]));
    }

    private void delete(Context context) {
        String id = context.pathParam("id");
        if (!library.remove(id)) {
            throw ApiError.notFound("This person");
        }
        Answers.json(
                context,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("id", id)
                        .put("object", "person.deleted")
                        .put("deleted", true));
    }

    private void photo(Context context) throws IOException {
        String index = context.pathParam("index");
        Blobs.Blob blob =
                index.matches("\\d{1,3}") ? library.photo(context.pathParam("id"), Integer.parseInt(index)) : null;
        if (blob == null) {
            throw ApiError.notFound("This photo");
        }
        String size = context.queryParam("size");
        int side = Integer.MAX_VALUE;
        if (size != null) {
            if (!size.matches("\\d{1,4}") || Integer.parseInt(size) < SMALLEST) {
                throw ApiError.value("size", "`size` cannot be used; expected pixels of the longer side.");
            }
            side = Integer.parseInt(size);
        }
        Picture picture = PictureReader.readFitted("photo", blob.bytes(), side).picture();
        context.header("Cache-Control", "private, max-age=3600");
        context.contentType("image/jpeg");
        context.result(Pictures.jpeg(picture.image()));
    }

    private static ObjectNode json(Person person) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", person.id());
        json.put("object", "person");
        json.put("name", person.name());
        json.put("role", person.role());
        json.put("created_at", person.createdAt() / 1000);
        Long expires = person.expiresAt();
        json.put("expires_at", expires == null ? null : expires / 1000);
        json.put("photo", person.chosen());
        ArrayNode photos = json.putArray("photos");
        for (int i = 0; i < person.photos().size(); i++) {
            PhotoReport report = person.photos().get(i);
            ObjectNode photo = photos.addObject()
                    .put("index", i)
                    .put("width", report.width())
                    .put("height", report.height());
            ArrayNode faces = photo.putArray("faces");
            for (int k = 0; k < report.faces().size(); k++) {
                ObjectNode face = faces.addObject().put("index", k);
                ArrayNode box = face.putArray("box");
                report.faces().get(k).box().forEach(side -> box.add(Math.round(side * 10) / 10.0));
                face.put("score", Math.round(report.faces().get(k).score() * 1000) / 1000.0);
            }
            photo.put("chosen", report.chosen());
            ArrayNode advice = photo.putArray("advice");
            report.advice()
                    .forEach(line -> advice.addObject().put("code", line.code()).put("message", line.message()));
        }
        return json;
    }
}
