package ai.ingredients.studio.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A video as the database has it. Times are milliseconds since 1970.
 *
 * @param ordinal grows with every video that is accepted
 * @param client who asked for it, for fairness
 * @param wanted what is wanted, as JSON
 * @param expiresAt when it is swept; none for never
 * @param ticket the task that makes it; none before one has taken it
 * @param attempt counts who took it: whoever holds an older number has lost it
 * @param progress 0 to 100
 * @param made what making it gave, as JSON; none before it is completed
 */
public record VideoRow(
        String id,
        long ordinal,
        String client,
        String model,
        String prompt,
        VideoStatus status,
        int priority,
        String wanted,
        @Nullable String remixedFrom,
        long createdAt,
        @Nullable Long startedAt,
        @Nullable Long completedAt,
        @Nullable Long expiresAt,
        @Nullable String ticket,
        int attempt,
        @Nullable String stage,
        int step,
        int progress,
        @Nullable Double secondsLeft,
        @Nullable String errorCode,
        @Nullable String errorMessage,
        @Nullable String made) {
    static VideoRow of(ResultSet row) throws SQLException {
        double left = row.getDouble("seconds_left");
        Double secondsLeft = row.wasNull() ? null : left;
        return new VideoRow(
                row.getString("id"),
                row.getLong("ordinal"),
                row.getString("client"),
                row.getString("model"),
                row.getString("prompt"),
                VideoStatus.of(row.getString("status")),
                row.getInt("priority"),
                row.getString("wanted"),
                row.getString("remixed_from"),
                row.getLong("created_at"),
                Sql.longOrNull(row, "started_at"),
                Sql.longOrNull(row, "completed_at"),
                Sql.longOrNull(row, "expires_at"),
                row.getString("ticket"),
                row.getInt("attempt"),
                row.getString("stage"),
                row.getInt("step"),
                row.getInt("progress"),
                secondsLeft,
                row.getString("error_code"),
                row.getString("error_message"),
                row.getString("made"));
    }

    /** Whether it has ended, one way or another. */
    public boolean ended() {
        return status == VideoStatus.COMPLETED || status == VideoStatus.FAILED;
    }
}
