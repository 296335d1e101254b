package ai.ingredients.studio.store;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The people's table. Thread-safe. */
public final class PersonTable {
    private final Database database;

    public PersonTable(Database database) {
        this.database = database;
    }

    /** Adds somebody. */
    public void insert(PersonRow person) {
        database.transaction(connection -> Sql.update(
                connection,
                "INSERT INTO person (id, ordinal, name, role, photos, chosen, created_at, expires_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                person.id(),
                person.ordinal(),
                person.name(),
                person.role(),
                person.photos(),
                person.chosen(),
                person.createdAt(),
                person.expiresAt()));
    }

    /** Changes what can be changed about somebody; false when they are gone. */
    public boolean update(PersonRow person) {
        return database.transaction(connection -> Sql.update(
                        connection,
                        "UPDATE person SET name = ?, role = ?, photos = ?, chosen = ? WHERE id = ?",
                        person.name(),
                        person.role(),
                        person.photos(),
                        person.chosen(),
                        person.id()))
                == 1;
    }

    /** The person; none when there is none. */
    public @Nullable PersonRow find(String id) {
        return database.find(
                connection -> Sql.first(connection, "SELECT * FROM person WHERE id = ?", PersonRow::of, id));
    }

    /** Part of all people; none when there is nobody {@code query.after()}. */
    public @Nullable Page<PersonRow> list(Page.Query query) {
        PersonRow after = query.after() == null ? null : find(query.after());
        if (query.after() != null && after == null) {
            return null;
        }
        StringBuilder sql = new StringBuilder("SELECT * FROM person WHERE 1 = 1");
        List<Object> values = new ArrayList<>();
        if (after != null) {
            sql.append(query.ascending() ? " AND (ordinal, id) > (?, ?)" : " AND (ordinal, id) < (?, ?)");
            values.add(after.ordinal());
            values.add(after.id());
        }
        if (query.words() != null) {
            sql.append(" AND LOWER(name || ' ' || role) LIKE LOWER(?) ESCAPE '\\'");
            values.add(Page.like(query.words()));
        }
        sql.append(query.ascending() ? " ORDER BY ordinal, id" : " ORDER BY ordinal DESC, id DESC")
                .append(" LIMIT ?");
        values.add(query.limit() + 1);
        return Page.of(
                database.read(connection -> Sql.query(connection, sql.toString(), PersonRow::of, values.toArray())),
                query.limit());
    }

    /** Removes somebody; false when they are gone already. */
    public boolean remove(String id) {
        return database.transaction(connection -> Sql.update(connection, "DELETE FROM person WHERE id = ?", id)) == 1;
    }

    /** Those whose time is over. */
    public List<String> expired(long now) {
        return database.read(connection ->
                Sql.query(connection, "SELECT id FROM person WHERE expires_at <= ?", row -> row.getString(1), now));
    }
}
