package ai.ingredients.studio.jobs;

import ai.ingredients.Video;
import ai.ingredients.io.FileGroup;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.Timings;
import ai.ingredients.studio.store.Blobs;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The files of a finished video, in its attempt's folder. */
public final class VideoFiles {
    /** The video itself, with its recipe in the metadata. */
    public static final String VIDEO = "video.mp4";
    /** Its recipe. */
    public static final String RECIPE = "video.json";
    /** Its middle frame. */
    public static final String THUMBNAIL = "thumbnail.jpg";
    /** Some of its frames. */
    public static final String SPRITESHEET = "spritesheet.jpg";
    /** Who owned which part of it. */
    public static final String OVERLAY = "overlay.mp4";

    /** Clients get the recipe; where this machine keeps its models is not their business. */
    private static final Video.Writing WITHOUT_PATHS = new Video.Writing(null, true, false);

    private VideoFiles() {}

    /** Does {@code work} beside the video's own encoding: most of both is waiting for the disk. */
    private static CompletableFuture<?> aside(Runnable work) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        Thread.ofVirtual().name("pictures").start(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private static void ended(CompletableFuture<?> work) {
        try {
            work.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Writes all of them, on the disk when this returns. */
    static Made write(Blobs blobs, String key, Video video, int attempt, boolean overlay) {
        Path folder = blobs.folder(key);
        List<Picture> frames = video.frames();
        RoutingMaps maps = overlay ? video.routing().orElse(null) : null;
        CompletableFuture<?> pictures = aside(() -> {
            blobs.put(key + "/" + THUMBNAIL, Pictures.thumbnail(frames));
            blobs.put(key + "/" + SPRITESHEET, Pictures.spritesheet(frames));
        });
        try (FileGroup files = new FileGroup()) {
            video.addTo(files, folder.resolve(VIDEO), WITHOUT_PATHS);
            if (maps != null) {
                Picture first = frames.getFirst();
                try (VideoWriter writer = VideoWriter.create(
                        folder.resolve(OVERLAY), first.width(), first.height(), VideoWriter.Settings.DEFAULT)) {
                    maps.overlays(frames).forEach(writer::add);
                    files.add(writer.complete());
                }
            }
            files.commit(folder.resolve(VIDEO));
        } finally {
            pictures.handle((done, failed) -> done).join(); // nothing is written behind the caller's back
        }
        ended(pictures);
        Timings timings = video.timings();
        Map<String, Double> stages = new LinkedHashMap<>();
        stages.put("photos", timings.photos());
        stages.put("text", timings.text());
        stages.put("canvas", timings.canvas());
        stages.put("denoising", timings.denoising());
        stages.put("decoding", timings.decoding());
        return new Made(
                attempt,
                timings.total(),
                stages,
                video.peakMemory() >> 20,
                maps != null,
                video.recipe().json());
    }
}
