package ai.ingredients.studio.jobs;

import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Sql;
import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.Videos;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes videos into the queue, and out of it. What is accepted is on the disk, with its ticket, before anybody is told; so it
 * ends as completed, failed or cancelled, once, whatever dies. Thread-safe.
 */
public final class Acceptance {
    /** Of a video that was cancelled. */
    public static final Videos.Failure CANCELLED = new Videos.Failure("cancelled", "The video was cancelled.");

    private final Database database;
    private final Videos videos;
    private final Blobs blobs;
    private final Scheduling scheduling;
    private final Watchers watchers;
    private final Ending ending;
    private final int mostPerClient;

    /** @param mostPerClient videos of a client that have not ended */
    public Acceptance(
            Database database,
            Blobs blobs,
            Scheduling scheduling,
            Watchers watchers,
            Ending ending,
            int mostPerClient) {
        this.database = database;
        this.videos = new Videos(database);
        this.blobs = blobs;
        this.scheduling = scheduling;
        this.watchers = watchers;
        this.ending = ending;
        this.mostPerClient = mostPerClient;
    }

    /**
     * What is asked for.
     *
     * @param client who asks
     * @param ids of the videos, whose photos lie in their folders already
     * @param wanted the videos, alike but for their seeds
     * @param remixedFrom the video this one varies
     * @param once tells a request that is sent again from a new one; none when nobody cares
     * @param fingerprint of the request, which is the same when it is sent again
     */
    public record Order(
            String client,
            List<String> ids,
            List<Wanted> wanted,
            @Nullable String remixedFrom,
            @Nullable String once,
            String fingerprint) {}

    /** What became of an order. */
    public sealed interface Answer {
        /** The first of the videos, new or of the same order before, and all their ids. */
        record Accepted(VideoRow first, List<String> ids, boolean again) implements Answer {}

        /** The client has too many videos that have not ended. */
        record TooMany(long unfinished, int most) implements Answer {}

        /** The same key came with another request. */
        record OtherRequest() implements Answer {}
    }

    /** Accepts all of an order or nothing of it. */
    public Answer accept(Order order) {
        Answer answer = database.exclusively(connection -> accept(connection, order));
        boolean fresh = answer instanceof Answer.Accepted accepted && !accepted.again;
        if (fresh) {
            scheduling.wake();
        } else {
            order.ids.forEach(id -> blobs.removeAll("videos/" + id));
        }
        return answer;
    }

    private Answer accept(Connection connection, Order order) throws SQLException {
        long now = System.currentTimeMillis();
        if (order.once != null) {
            Answer before = before(connection, order);
            if (before != null) {
                return before;
            }
        }
        long unfinished = videos.unfinished(connection, order.client);
        if (unfinished + order.ids.size() > mostPerClient) {
            return new Answer.TooMany(unfinished, mostPerClient);
        }
        for (int i = 0; i < order.ids.size(); i++) {
            Wanted wanted = order.wanted.get(i);
            String id = order.ids.get(i);
            videos.insert(
                    connection,
                    new Videos.New(
                            id,
                            Ids.ordinal(),
                            order.client,
                            wanted.model(),
                            wanted.prompt(),
                            wanted.priority(),
                            wanted.json(),
                            order.remixedFrom,
                            now));
            scheduling.ticket(connection, id);
        }
        if (order.once != null) {
            Sql.update(
                    connection,
                    "INSERT INTO idempotency (client, name, fingerprint, video, created_at) VALUES (?, ?, ?, ?, ?)",
                    order.client,
                    order.once,
                    order.fingerprint,
                    String.join(",", order.ids),
                    now);
        }
        return accepted(connection, order.ids, false);
    }

    private @Nullable Answer before(Connection connection, Order order) throws SQLException {
        record Known(String fingerprint, List<String> ids) {}
        Known known = Sql.first(
                connection,
                "SELECT fingerprint, video FROM idempotency WHERE client = ? AND name = ?",
                row -> new Known(row.getString(1), List.of(row.getString(2).split(","))),
                order.client,
                order.once);
        if (known == null) {
            return null;
        }
        if (!known.fingerprint.equals(order.fingerprint)) {
            return new Answer.OtherRequest();
        }
        return videos.find(connection, known.ids.getFirst()) == null ? null : accepted(connection, known.ids, true);
    }

    private Answer accepted(Connection connection, List<String> ids, boolean again) throws SQLException {
        VideoRow first = videos.find(connection, ids.getFirst());
        if (first == null) {
            throw new SQLException("the video that was just written is not there");
        }
        return new Answer.Accepted(first, ids, again);
    }

    /** The place in the queue of each video that waits, from 1. */
    public Map<String, Integer> positions() {
        return database.read(FairOrder::positions);
    }

    /** Cancels a video; false when it had ended or is gone. */
    public boolean cancel(String id) {
        boolean cancelled = database.transaction(connection -> ending.cancel(connection, id, CANCELLED));
        watchers.cancel(id);
        return cancelled;
    }

    /** Removes a video, cancelled first if need be, with its files; false when it is gone. */
    public boolean remove(String id) {
        boolean removed = database.transaction(connection -> {
            ending.cancel(connection, id, CANCELLED);
            return videos.remove(connection, id, System.currentTimeMillis());
        });
        watchers.cancel(id);
        if (removed) {
            blobs.removeAll("videos/" + id);
        }
        return removed;
    }

    /** Removes what is to go: videos whose time is over, and what only matters for a while. */
    public void sweep(Duration keysFor, Duration tombsFor) {
        long now = System.currentTimeMillis();
        videos.expired(now).forEach(this::remove);
        database.transaction(connection -> {
            Sql.update(connection, "DELETE FROM idempotency WHERE created_at < ?", now - keysFor.toMillis());
            Sql.update(connection, "DELETE FROM removed_video WHERE removed_at < ?", now - tombsFor.toMillis());
            return 0;
        });
    }
}
