package ai.ingredients.studio.api;

import ai.ingredients.studio.guard.Limits;
import ai.ingredients.studio.jobs.Acceptance;
import ai.ingredients.studio.jobs.Wanted;
import ai.ingredients.studio.jobs.Watchers;
import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.VideoStatus;
import ai.ingredients.studio.store.Videos;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/videos/{id}/events}: how a video comes along, as server-sent events. Each stream waits on a virtual thread, and looks
 * into the database every second for what another process makes. Thread-safe.
 */
final class EventRoutes {
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Between two tellings of how far a video is: each takes a moment from the cores that make it. */
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long ALIVE_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final long POSITIONS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Videos videos;
    private final Acceptance acceptance;
    private final Watchers watchers;
    private final VideoJson json;
    private final Semaphore streams;
    private final int most;
    private volatile Positions positions = new Positions(Map.of(), System.nanoTime() - POSITIONS_NANOS);
    private volatile boolean closing;

    /** The order of the queue a moment ago. */
    private record Positions(Map<String, Integer> places, long since) {}

    EventRoutes(Videos videos, Acceptance acceptance, Watchers watchers, VideoJson json, Limits limits) {
        this.videos = videos;
        this.acceptance = acceptance;
        this.watchers = watchers;
        this.json = json;
        most = limits.watchers();
        streams = new Semaphore(most);
    }

    void addTo(Routes routes) {
        routes.add(HandlerType.GET, "/v1/videos/{id}/events", this::events);
    }

    int open() {
        return most - streams.availablePermits();
    }

    void close() {
        closing = true;
    }

    /** Wakes the stream's thread, and hands it the newest preview. */
    static final class Bell implements Watchers.Watcher {
        private final AtomicReference<@Nullable Preview> preview = new AtomicReference<>();
        private boolean changed;
        private boolean progressed;

        @Override
        public synchronized void changed() {
            changed = true;
            notifyAll();
        }

        @Override
        public synchronized void progressed() {
            progressed = true;
            notifyAll();
        }

        @Override
        public void preview(int step, byte[] jpeg) {
            preview.set(new Preview(step, jpeg));
            progressed();
        }

        /**
         * Waits for a change until {@code look}, or for news that are older than {@code tell}; both are points of
         * {@link System#nanoTime}.
         *
         * @return whether the row is to be looked at
         */
        synchronized boolean await(long look, long tell) throws InterruptedException {
            while (true) {
                long now = System.nanoTime();
                if (changed || now - look >= 0) {
                    changed = false;
                    progressed = false;
                    return true;
                }
                if (progressed && now - tell >= 0) {
                    progressed = false;
                    return false;
                }
                long until = progressed ? Math.min(look - now, tell - now) : look - now;
                wait(until / 1_000_000 + 1);
            }
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    private record Preview(int step, byte[] jpeg) {}

    private void events(Context context) throws IOException {
        String id = context.pathParam("id");
        if (!Ids.valid(Ids.VIDEO, id) || videos.find(id) == null) {
            throw ApiError.notFound("This video");
        }
        if (!streams.tryAcquire()) {
            context.header("Retry-After", "5");
            throw new ApiError(429, "too_many_streams", "Too many streams of events are open; poll instead.", null);
        }
        Bell bell = new Bell();
        watchers.add(id, bell);
        try {
            context.contentType("text/event-stream; charset=utf-8");
            context.header("Cache-Control", "no-store");
            context.header("X-Accel-Buffering", "no");
            stream(id, context.res().getOutputStream(), bell);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watchers.remove(id, bell);
            streams.release();
        }
    }

    private void stream(String id, OutputStream out, Bell bell) throws IOException, InterruptedException {
        String last = "";
        String status = "";
        long spoken = System.nanoTime();
        long looked = spoken;
        long told = spoken - PACE_NANOS;
        boolean look = true;
        VideoRow video = null;
        int steps = 0;
        while (!closing) {
            if (look) {
                looked = System.nanoTime();
                video = videos.find(id);
            }
            if (video == null) {
                send(
                        out,
                        "status",
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("id", id)
                                .put("object", "video.deleted")
                                .put("deleted", true));
                return;
            }
            if (!video.status().text().equals(status)) {
                steps = Wanted.of(video.wanted()).numInferenceSteps();
                status = video.status().text();
                send(out, "status", json.of(video, queue(video)));
                spoken = System.nanoTime();
            }
            if (video.ended()) {
                return;
            }
            ObjectNode progress = json.progress(video, queue(video), steps);
            if (!progress.toString().equals(last)) {
                last = progress.toString();
                send(out, "progress", progress);
                spoken = System.nanoTime();
                told = spoken;
            }
            Preview preview = bell.preview.getAndSet(null);
            if (preview != null) {
                send(
                        out,
                        "preview",
                        JsonNodeFactory.instance
                                .objectNode()
                                .put(
                                        "image",
                                        "data:image/jpeg;base64,"
                                                + Base64.getEncoder().encodeToString(preview.jpeg))
                                .put("step", preview.step + 1));
                spoken = System.nanoTime();
            }
            if (System.nanoTime() - spoken > ALIVE_NANOS) {
                out.write(": still here\n\n".getBytes(StandardCharsets.UTF_8));
                out.flush();
                spoken = System.nanoTime();
            }
            look = bell.await(looked + LOOK_NANOS, told + PACE_NANOS);
        }
    }

    private Map<String, Integer> queue(VideoRow video) {
        if (video.status() != VideoStatus.QUEUED) {
            return Map.of();
        }
        Positions known = positions;
        if (System.nanoTime() - known.since > POSITIONS_NANOS || !known.places.containsKey(video.id())) {
            known = new Positions(acceptance.positions(), System.nanoTime());
            positions = known;
        }
        return known.places;
    }

    private static void send(OutputStream out, String event, ObjectNode data) throws IOException {
        out.write(("event: " + event + "\ndata: ").getBytes(StandardCharsets.UTF_8));
        out.write(Answers.bytes(data)); // in one line: JSON escapes what would end it
        out.write("\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
