package ai.ingredients.studio.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Statements with their values apart from their text, always: nothing a client sends becomes SQL. */
public final class Sql {
    private Sql() {}

    /** Makes something of the current row. */
    public interface Row<T> {
        T of(ResultSet row) throws SQLException;
    }

    /** Runs a statement; returns how many rows it changed. */
    public static int update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    /** All rows of a query. */
    public static <T> List<T> query(Connection connection, String sql, Row<T> row, @Nullable Object... values)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            try (ResultSet results = statement.executeQuery()) {
                List<T> rows = new ArrayList<>();
                while (results.next()) {
                    rows.add(row.of(results));
                }
                return rows;
            }
        }
    }

    /** The first row of a query; none when there is none. */
    public static <T> @Nullable T first(Connection connection, String sql, Row<T> row, @Nullable Object... values)
            throws SQLException {
        List<T> rows = query(connection, sql, row, values);
        return rows.isEmpty() ? null : rows.getFirst();
    }

    /** The number a query answers with; 0 when it answers with none. */
    public static long number(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        Long found = first(connection, sql, row -> row.getLong(1), values);
        return found == null ? 0 : found;
    }

    /** A number that may be absent. */
    public static @Nullable Long longOrNull(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    private static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }
}
