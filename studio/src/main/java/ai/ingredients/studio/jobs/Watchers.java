package ai.ingredients.studio.jobs;

import ai.ingredients.Cancellation;
import ai.ingredients.studio.store.Videos;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Who looks on while this process makes videos, and what there is to be seen. A video that another process makes is seen through
 * the database. Thread-safe.
 */
public final class Watchers {
    private final Map<String, Run> runs = new ConcurrentHashMap<>();
    private final Map<String, List<Watcher>> watchers = new ConcurrentHashMap<>();

    /** Somebody who looks on; told on the thread that makes the video, so it must not wait. */
    public interface Watcher {
        /** The video's row changed, or is gone. */
        void changed();

        /** It came along; {@link Watchers#progress} tells how far. */
        void progressed();

        /** A frame of what the video would be now, as JPEG. */
        void preview(int step, byte[] jpeg);
    }

    /** A video that is being made here. */
    static final class Run {
        private final Cancellation cancellation;
        private volatile Videos.@Nullable Progress progress;

        Run(Cancellation cancellation) {
            this.cancellation = cancellation;
        }
    }

    void begin(String id, Cancellation cancellation) {
        runs.put(id, new Run(cancellation));
        changed(id);
    }

    void progress(String id, Videos.Progress now) {
        Run run = runs.get(id);
        if (run != null) {
            run.progress = now;
            watchers.getOrDefault(id, List.of()).forEach(Watcher::progressed);
        }
    }

    void end(String id) {
        runs.remove(id);
        changed(id);
    }

    /** Has watchers look again. */
    void changed(String id) {
        watchers.getOrDefault(id, List.of()).forEach(Watcher::changed);
    }

    void preview(String id, int step, byte[] jpeg) {
        watchers.getOrDefault(id, List.of()).forEach(watcher -> watcher.preview(step, jpeg));
    }

    boolean watched(String id) {
        return watchers.containsKey(id);
    }

    /** How a video that is made here comes along, fresher than the database; none when it is not. */
    public Videos.@Nullable Progress progress(String id) {
        Run run = runs.get(id);
        return run == null ? null : run.progress;
    }

    /** Ends the work on it, if it is made here. */
    void cancel(String id) {
        Run run = runs.get(id);
        if (run != null) {
            run.cancellation.cancel();
        }
        changed(id);
    }

    void cancelAll() {
        runs.values().forEach(run -> run.cancellation.cancel());
    }

    /** Begins to look on. */
    public void add(String id, Watcher watcher) {
        watchers.compute(id, (key, present) -> {
            List<Watcher> all = present == null ? new CopyOnWriteArrayList<>() : present;
            all.add(watcher);
            return all;
        });
    }

    /** Looks on no more. */
    public void remove(String id, Watcher watcher) {
        watchers.computeIfPresent(id, (key, present) -> {
            present.remove(watcher);
            return present.isEmpty() ? null : present;
        });
    }
}
