package ai.ingredients.studio.jobs;

import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.Videos;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a video ends: its row, when it expires, and whom to tell, in one transaction. Thread-safe. */
public final class Ending {
    private final Videos videos;
    private final Webhooks webhooks;
    private final @Nullable Duration retention;

    /** @param retention how long a video is kept after its end; none for until it is deleted */
    public Ending(Videos videos, Webhooks webhooks, @Nullable Duration retention) {
        this.videos = videos;
        this.webhooks = webhooks;
        this.retention = retention;
    }

    private @Nullable Long expires(long now) {
        return retention == null ? null : now + retention.toMillis();
    }

    /** Ends it well; false when it is no longer the caller's. */
    boolean complete(Connection connection, VideoRow video, Made made) throws SQLException {
        long now = System.currentTimeMillis();
        boolean mine = videos.complete(connection, video.id(), video.attempt(), made.json(), now, expires(now));
        if (mine) {
            webhooks.completed(connection, video, now);
        }
        return mine;
    }

    /** Ends it badly; false when it is no longer the caller's. */
    boolean fail(Connection connection, VideoRow video, Videos.Failure failure) throws SQLException {
        long now = System.currentTimeMillis();
        boolean mine = videos.fail(connection, video.id(), video.attempt(), failure, now, expires(now));
        if (mine) {
            webhooks.failed(connection, video, now);
        }
        return mine;
    }

    /** Ends it badly whoever makes it; false when it has ended. */
    boolean cancel(Connection connection, String id, Videos.Failure failure) throws SQLException {
        long now = System.currentTimeMillis();
        VideoRow video = videos.find(connection, id);
        boolean done = video != null && videos.cancel(connection, id, failure, now, expires(now));
        if (video != null && done) {
            webhooks.failed(connection, video, now);
        }
        return done;
    }
}
