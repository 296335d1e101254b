package ai.ingredients.studio.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The videos' table. A video moves by these statements alone: each names the state it must be in, so that of two that race
 * one changes a row and the other none. Methods with a connection belong into the caller's transaction. Thread-safe.
 */
public final class Videos {
    private static final String ALL = "SELECT * FROM video ";

    private final Database database;

    public Videos(Database database) {
        this.database = database;
    }

    /** A new video, queued. */
    public record New(
            String id,
            long ordinal,
            String client,
            String model,
            String prompt,
            int priority,
            String wanted,
            @Nullable String remixedFrom,
            long createdAt) {}

    /** Queues a video. */
    public void insert(Connection connection, New video) throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO video (id, ordinal, client, model, prompt, status, priority, wanted, remixed_from,"
                        + " created_at) VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)",
                video.id,
                video.ordinal,
                video.client,
                video.model,
                video.prompt,
                video.priority,
                video.wanted,
                video.remixedFrom,
                video.createdAt);
    }

    /** The video; none when there is none. */
    public @Nullable VideoRow find(String id) {
        return database.find(connection -> find(connection, id));
    }

    /** As {@link #find(String)}. */
    public @Nullable VideoRow find(Connection connection, String id) throws SQLException {
        return Sql.first(connection, ALL + "WHERE id = ?", VideoRow::of, id);
    }

    /** Whether there was such a video, which was deleted or has expired. */
    public boolean removed(String id) {
        return database.read(connection -> Sql.number(connection, "SELECT 1 FROM removed_video WHERE id = ?", id)) == 1;
    }

    /**
     * Part of all videos.
     *
     * @return none when there is no video {@code query.after()}
     */
    public @Nullable Page<VideoRow> list(Page.Query query) {
        return database.find(connection -> {
            StringBuilder sql = new StringBuilder(ALL).append("WHERE 1 = 1");
            List<Object> values = new ArrayList<>();
            if (query.after() != null) {
                VideoRow after = find(connection, query.after());
                if (after == null) {
                    return null;
                }
                sql.append(query.ascending() ? " AND (ordinal, id) > (?, ?)" : " AND (ordinal, id) < (?, ?)");
                values.add(after.ordinal());
                values.add(after.id());
            }
            if (query.words() != null) {
                sql.append(" AND LOWER(prompt) LIKE LOWER(?) ESCAPE '\\'");
                values.add(Page.like(query.words()));
            }
            sql.append(query.ascending() ? " ORDER BY ordinal, id" : " ORDER BY ordinal DESC, id DESC")
                    .append(" LIMIT ?");
            values.add(query.limit() + 1);
            return Page.of(Sql.query(connection, sql.toString(), VideoRow::of, values.toArray()), query.limit());
        });
    }

    /** How many videos of {@code client} have not ended. */
    public long unfinished(Connection connection, String client) throws SQLException {
        return Sql.number(
                connection,
                "SELECT COUNT(*) FROM video WHERE client = ? AND status IN ('queued', 'in_progress')",
                client);
    }

    /** How many videos are in each state. */
    public Map<String, Long> counts() {
        return database.read(connection -> {
            Map<String, Long> counts = new HashMap<>();
            Sql.query(
                    connection,
                    "SELECT status, COUNT(*) FROM video GROUP BY status",
                    row -> counts.put(row.getString(1), row.getLong(2)));
            return counts;
        });
    }

    /** The video that {@code ticket} has begun and not ended. */
    public @Nullable VideoRow begunBy(Connection connection, String ticket) throws SQLException {
        return Sql.first(connection, ALL + "WHERE ticket = ? AND status = 'in_progress'", VideoRow::of, ticket);
    }

    /** Takes a queued video, or one that {@code ticket} had begun, and returns it; none when it is neither any more. */
    public @Nullable VideoRow take(Connection connection, String id, String ticket, String worker, long now)
            throws SQLException {
        int taken = Sql.update(
                connection,
                "UPDATE video SET status = 'in_progress', ticket = ?, worker = ?, attempt = attempt + 1,"
                        + " started_at = COALESCE(started_at, ?)"
                        + " WHERE id = ? AND (status = 'queued' OR (status = 'in_progress' AND ticket = ?))",
                ticket,
                worker,
                now,
                id,
                ticket);
        return taken == 1 ? find(connection, id) : null;
    }

    /**
     * How a video that is being made comes along.
     *
     * @param progress 0 to 100
     */
    public record Progress(
            String stage, int step, int progress, @Nullable Double secondsLeft) {}

    /** Notes it; false when the video is no longer the caller's to make: cancelled, deleted, or taken by another. */
    public boolean progressed(String id, int attempt, Progress now) {
        return database.transaction(connection -> Sql.update(
                        connection,
                        "UPDATE video SET stage = ?, step = ?, progress = ?, seconds_left = ?"
                                + " WHERE id = ? AND attempt = ? AND status = 'in_progress'",
                        now.stage,
                        now.step,
                        now.progress,
                        now.secondsLeft,
                        id,
                        attempt))
                == 1;
    }

    /** Ends it well; false as in {@link #progressed}. */
    public boolean complete(
            Connection connection, String id, int attempt, String made, long now, @Nullable Long expires)
            throws SQLException {
        return Sql.update(
                        connection,
                        "UPDATE video SET status = 'completed', progress = 100, stage = NULL, seconds_left = NULL,"
                            + " made = ?, completed_at = ?, expires_at = ? WHERE id = ? AND attempt = ? AND status ="
                            + " 'in_progress'",
                        made,
                        now,
                        expires,
                        id,
                        attempt)
                == 1;
    }

    /**
     * Why a video ended without one.
     *
     * @param code a word for programs
     * @param message a line for people
     */
    public record Failure(String code, String message) {}

    /** Ends it badly; false as in {@link #progressed}. */
    public boolean fail(
            Connection connection, String id, int attempt, Failure failure, long now, @Nullable Long expires)
            throws SQLException {
        return Sql.update(
                        connection,
                        "UPDATE video SET status = 'failed', stage = NULL, seconds_left = NULL, error_code = ?,"
                                + " error_message = ?, completed_at = ?, expires_at = ?"
                                + " WHERE id = ? AND attempt = ? AND status = 'in_progress'",
                        failure.code,
                        failure.message,
                        now,
                        expires,
                        id,
                        attempt)
                == 1;
    }

    /** Ends it badly whoever makes it, if it has not ended; false when it has. */
    public boolean cancel(Connection connection, String id, Failure failure, long now, @Nullable Long expires)
            throws SQLException {
        return Sql.update(
                        connection,
                        "UPDATE video SET status = 'failed', stage = NULL, seconds_left = NULL, error_code = ?,"
                                + " error_message = ?, completed_at = ?, expires_at = ?"
                                + " WHERE id = ? AND status IN ('queued', 'in_progress')",
                        failure.code,
                        failure.message,
                        now,
                        expires,
                        id)
                == 1;
    }

    /** Removes it and remembers that; false when there is none. */
    public boolean remove(Connection connection, String id, long now) throws SQLException {
        if (Sql.update(connection, "DELETE FROM video WHERE id = ?", id) == 0) {
            return false;
        }
        Sql.update(connection, "INSERT INTO removed_video (id, removed_at) VALUES (?, ?)", id, now);
        return true;
    }

    /** Those whose time is over. */
    public List<String> expired(long now) {
        return database.read(connection ->
                Sql.query(connection, "SELECT id FROM video WHERE expires_at <= ?", row -> row.getString(1), now));
    }

    /** Whether the video is still the one's to make who has this attempt. */
    public boolean mine(String id, int attempt) {
        return database.read(connection -> Sql.number(
                        connection,
                        "SELECT 1 FROM video WHERE id = ? AND attempt = ? AND status = 'in_progress'",
                        id,
                        attempt))
                == 1;
    }

    /** Those that {@code ticket} has begun and ended. */
    public List<VideoRow> endedBy(String ticket) {
        return database.read(connection -> Sql.query(
                connection, ALL + "WHERE ticket = ? AND status IN ('completed', 'failed')", VideoRow::of, ticket));
    }
}
