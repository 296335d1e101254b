package ai.ingredients.studio.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A person of the library as the database has them. Times are milliseconds since 1970.
 *
 * @param name what prompts call them; empty for none
 * @param role what the name means, such as "a woman in a red coat"; empty for none
 * @param photos what was found in each photo, as JSON
 * @param chosen the index of the photo that is used
 */
public record PersonRow(
        String id,
        long ordinal,
        String name,
        String role,
        String photos,
        int chosen,
        long createdAt,
        @Nullable Long expiresAt) {
    static PersonRow of(ResultSet row) throws SQLException {
        return new PersonRow(
                row.getString("id"),
                row.getLong("ordinal"),
                row.getString("name"),
                row.getString("role"),
                row.getString("photos"),
                row.getInt("chosen"),
                row.getLong("created_at"),
                Sql.longOrNull(row, "expires_at"));
    }
}
