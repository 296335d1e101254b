package ai.ingredients.studio.jobs;

import ai.ingredients.studio.store.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is: of the clients that wait, the one that was served longest ago; of its videos, the one of the highest
 * priority; of several, the oldest. So somebody who queues a hundred videos delays others by one of them at most, and a
 * priority orders one's own videos only.
 */
final class FairOrder {
    private static final String ORDER =
            " ORDER BY COALESCE(turn.served, 0), video.priority DESC, video.ordinal, video.id";

    private FairOrder() {}

    /** A queued video. */
    record Waiting(String id, String client, long served, int priority, long ordinal) {}

    /** The id of the next one; none when nobody waits. */
    static @Nullable String next(Connection connection) throws SQLException {
        return Sql.first(
                connection,
                "SELECT video.id FROM video LEFT JOIN turn ON turn.client = video.client WHERE video.status = 'queued'"
                        + ORDER + " LIMIT 1",
                row -> row.getString(1));
    }

    /** Notes that {@code client} was served. */
    static void served(Connection connection, String client) throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO turn (client, served) VALUES (?, (SELECT COALESCE(MAX(served), 0) + 1 FROM turn))"
                        + " ON CONFLICT (client) DO UPDATE SET served = excluded.served",
                client);
    }

    /** The place of each queued video, from 1. */
    static Map<String, Integer> positions(Connection connection) throws SQLException {
        return positions(Sql.query(
                connection,
                "SELECT video.id, video.client, COALESCE(turn.served, 0), video.priority, video.ordinal FROM video"
                        + " LEFT JOIN turn ON turn.client = video.client WHERE video.status = 'queued'",
                row -> new Waiting(row.getString(1), row.getString(2), row.getLong(3), row.getInt(4), row.getLong(5))));
    }

    /** Plays the turns through. */
    static Map<String, Integer> positions(List<Waiting> waiting) {
        Map<String, List<Waiting>> byClient = new HashMap<>();
        waiting.forEach(video -> byClient.computeIfAbsent(video.client, client -> new ArrayList<>())
                .add(video));
        Comparator<Waiting> own = Comparator.comparingInt((Waiting video) -> -video.priority)
                .thenComparingLong(Waiting::ordinal)
                .thenComparing(Waiting::id);
        Comparator<Line> turns =
                Comparator.comparingLong((Line line) -> line.served).thenComparing(line -> line.videos.getFirst(), own);
        PriorityQueue<Line> lines = new PriorityQueue<>(turns);
        long last = 0;
        for (List<Waiting> videos : byClient.values()) {
            videos.sort(own);
            lines.add(new Line(videos.getFirst().served, new ArrayDeque<>(videos)));
            last = Math.max(last, videos.getFirst().served);
        }
        Map<String, Integer> positions = new HashMap<>();
        while (!lines.isEmpty()) {
            Line line = lines.remove();
            positions.put(line.videos.removeFirst().id, positions.size() + 1);
            if (!line.videos.isEmpty()) {
                lines.add(new Line(++last, line.videos));
            }
        }
        return positions;
    }

    /** A client's videos in order. */
    private record Line(long served, Deque<Waiting> videos) {}
}
