package ai.ingredients.studio.store;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Few values by name that all processes of a studio share. Thread-safe. */
public final class Settings {
    private final Database database;

    public Settings(Database database) {
        this.database = database;
    }

    /** The value; none when there is none. */
    public @Nullable String find(String name) {
        return database.find(connection ->
                Sql.first(connection, "SELECT value FROM setting WHERE name = ?", row -> row.getString(1), name));
    }

    /** The value, made by {@code first} when it is asked for the first time. */
    public String get(String name, Supplier<String> first) {
        return database.exclusively(connection -> {
            String known =
                    Sql.first(connection, "SELECT value FROM setting WHERE name = ?", row -> row.getString(1), name);
            if (known != null) {
                return known;
            }
            String made = first.get();
            Sql.update(connection, "INSERT INTO setting (name, value) VALUES (?, ?)", name, made);
            return made;
        });
    }
}
