package ai.ingredients.studio.people;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.PersonName;
import ai.ingredients.studio.people.PhotoReport.FoundFace;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Page;
import ai.ingredients.studio.store.PersonRow;
import ai.ingredients.studio.store.PersonTable;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * People who are kept, each with one or several photos of which one is used. Deleting somebody removes row and photos; features
 * are never on the disk. Thread-safe.
 */
public final class PeopleLibrary {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int LONGEST_ROLE = 200;
    private static final int LONGEST_NAME = 60;

    private final PersonTable table;
    private final Blobs blobs;
    private final PhotoDesk desk;
    private final @Nullable Duration retention;
    private final Runnable forget;

    /**
     * @param retention how long somebody is kept; none for until they are deleted
     * @param forget has whoever prepared people forget them, when somebody is deleted
     */
    public PeopleLibrary(
            PersonTable table, Blobs blobs, PhotoDesk desk, @Nullable Duration retention, Runnable forget) {
        this.table = table;
        this.blobs = blobs;
        this.desk = desk;
        this.retention = retention;
        this.forget = forget;
    }

    /**
     * Somebody.
     *
     * @param chosen the index of the photo that is used
     */
    public record Person(
            String id,
            String name,
            String role,
            long createdAt,
            @Nullable Long expiresAt,
            List<PhotoReport> photos,
            int chosen) {
        /** The face that is used; none when none was found. */
        public @Nullable FoundFace face() {
            PhotoReport photo = photos.get(chosen);
            return photo.chosen() < 0 ? null : photo.faces().get(photo.chosen());
        }
    }

    /**
     * Adds somebody.
     *
     * @param files their photos
     * @param face which face of the photo that is used; none for the largest
     * @throws InvalidInputException when a photo or the name cannot be used
     */
    public Person add(String name, String role, List<byte[]> files, @Nullable Integer face) {
        checkWords(name, role);
        List<PhotoReport> reports = new ArrayList<>();
        List<byte[]> pictures = new ArrayList<>();
        int best = 0;
        for (byte[] file : files) {
            PhotoDesk.Kept kept = desk.take("photo " + (reports.size() + 1), file);
            reports.add(desk.look(kept.picture()));
            pictures.add(kept.png());
            if (area(reports.getLast()) > area(reports.get(best))) {
                best = reports.size() - 1;
            }
        }
        if (face != null) {
            reports.set(best, choose(reports.get(best), face));
        }
        String id = Ids.random(Ids.PERSON);
        for (int i = 0; i < pictures.size(); i++) {
            blobs.put(key(id, i), pictures.get(i));
        }
        long now = System.currentTimeMillis();
        Long expires = retention == null ? null : now + retention.toMillis();
        PersonRow row = new PersonRow(id, Ids.ordinal(), name, role, json(reports), best, now, expires);
        table.insert(row);
        return person(row);
    }

    /** The person; none when there is none. */
    public @Nullable Person find(String id) {
        PersonRow row = Ids.valid(Ids.PERSON, id) ? table.find(id) : null;
        return row == null ? null : person(row);
    }

    /** Part of all people; none when there is nobody {@code query.after()}. */
    public @Nullable Page<Person> list(Page.Query query) {
        Page<PersonRow> page = table.list(query);
        return page == null
                ? null
                : new Page<>(page.rows().stream().map(this::person).toList(), page.more());
    }

    /**
     * What is to be changed about somebody; none for what stays.
     *
     * @param photo the index of the photo that is to be used
     * @param face which of its faces
     */
    public record Change(
            @Nullable String name,
            @Nullable String role,
            @Nullable Integer photo,
            @Nullable Integer face) {}

    /** Changes it; none when the person is gone. */
    public @Nullable Person change(String id, Change change) {
        PersonRow row = Ids.valid(Ids.PERSON, id) ? table.find(id) : null;
        if (row == null) {
            return null;
        }
        String name = change.name == null ? row.name() : change.name;
        String role = change.role == null ? row.role() : change.role;
        checkWords(name, role);
        List<PhotoReport> photos = new ArrayList<>(reports(row.photos()));
        int chosen = change.photo == null ? row.chosen() : change.photo;
        if (chosen < 0 || chosen >= photos.size()) {
            throw new InvalidInputException(
                    "`photo` " + chosen + " does not exist; there are " + photos.size() + ", counted from 0");
        }
        if (change.face != null) {
            photos.set(chosen, choose(photos.get(chosen), change.face));
        }
        PersonRow changed = new PersonRow(
                row.id(), row.ordinal(), name, role, json(photos), chosen, row.createdAt(), row.expiresAt());
        return table.update(changed) ? person(changed) : null;
    }

    /** Removes somebody and all their photos; false when they are gone. */
    public boolean remove(String id) {
        if (!Ids.valid(Ids.PERSON, id) || !table.remove(id)) {
            return false;
        }
        blobs.removeAll("people/" + id);
        forget.run();
        return true;
    }

    /** The photo of a person, a PNG; none when there is none. */
    public Blobs.@Nullable Blob photo(String id, int index) {
        return Ids.valid(Ids.PERSON, id) && index >= 0 && table.find(id) != null ? blobs.find(key(id, index)) : null;
    }

    /** Removes those whose time is over. */
    public void sweep() {
        table.expired(System.currentTimeMillis()).forEach(this::remove);
    }

    private static String key(String id, int index) {
        return "people/" + id + "/" + index + ".png";
    }

    private static void checkWords(String name, String role) {
        if (!name.equals(PersonName.NONE)) {
            PersonName.checked("`name`", name);
        }
        if (name.length() > LONGEST_NAME || role.length() > LONGEST_ROLE) {
            throw new InvalidInputException("`name` and `role` are " + name.length() + " and " + role.length()
                    + " letters long; at most " + LONGEST_NAME + " and " + LONGEST_ROLE + " are taken");
        }
    }

    private static double area(PhotoReport report) {
        if (report.chosen() < 0) {
            return -1;
        }
        List<Double> box = report.faces().get(report.chosen()).box();
        return (box.get(2) - box.get(0)) * (box.get(3) - box.get(1));
    }

    /** {@code report} with another face. */
    static PhotoReport choose(PhotoReport report, int face) {
        if (face < 0 || face >= report.faces().size()) {
            throw new InvalidInputException("`face` " + face + " does not exist; "
                    + report.faces().size() + " were found in the photo, counted from 0");
        }
        return new PhotoReport(report.width(), report.height(), report.faces(), face, report.advice());
    }

    private Person person(PersonRow row) {
        return new Person(
                row.id(),
                row.name(),
                row.role(),
                row.createdAt(),
                row.expiresAt(),
                reports(row.photos()),
                row.chosen());
    }

    private static String json(List<PhotoReport> reports) {
        try {
            return JSON.writeValueAsString(reports);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of plain values are JSON", e);
        }
    }

    private static List<PhotoReport> reports(String json) {
        try {
            return JSON.readValue(json, new TypeReference<List<PhotoReport>>() {});
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database holds what this version cannot read", e);
        }
    }
}
