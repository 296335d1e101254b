package ai.ingredients.studio.jobs;

import ai.ingredients.Cancellation;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import ai.ingredients.Portrait;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.pipeline.Layout;
import ai.ingredients.pipeline.Placement;
import ai.ingredients.studio.models.ModelShelf;
import ai.ingredients.studio.models.ModelShelf.Lease;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.Videos;
import ai.ingredients.transformer.Routing;
import java.awt.image.BufferedImage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the video that a ticket is worth: the one the ticket had begun when its process died, else whoever's turn it is. Of two
 * processes that believe to have the same video, the one with the newer attempt has it; the other's row no longer changes, and
 * its files are in a folder that nobody reads. Thread-safe.
 */
public final class VideoRunner {
    private static final System.Logger LOG = System.getLogger(VideoRunner.class.getName());
    /** What takes the whole process down this often is not tried again; whoever is killed from outside may be that unlucky. */
    private static final int MOST_ATTEMPTS = 60;

    private static final Duration SAVE_EVERY = Duration.ofSeconds(2);

    private final Database database;
    private final Videos videos;
    private final Blobs blobs;
    private final ModelShelf models;
    private final Photos photos;
    private final Ending ending;
    private final Watchers watchers;
    private final String worker;
    private volatile boolean closing;

    /** What a runner needs of the other rooms. */
    public record Rooms(
            Database database, Blobs blobs, ModelShelf models, Photos photos, Ending ending, Watchers watchers) {}

    /** Where the photos of people lie. */
    public interface Photos {
        /**
         * The portrait of somebody.
         *
         * @throws InvalidInputException when the photo is gone
         */
        Portrait of(Wanted.Who who);

        /**
         * The picture that is continued.
         *
         * @throws InvalidInputException when it is gone
         */
        BufferedImage firstFrame(String key);

        /** Tells the photo, face and name of somebody from all others. */
        String key(Wanted.Who who);
    }

    /** @param worker the name of this process */
    public VideoRunner(Rooms rooms, String worker) {
        database = rooms.database;
        videos = new Videos(database);
        blobs = rooms.blobs;
        models = rooms.models;
        photos = rooms.photos;
        ending = rooms.ending;
        watchers = rooms.watchers;
        this.worker = worker;
    }

    /** Has the videos that are being made here stop where they are; whoever takes their tickets next goes on. */
    public void close() {
        closing = true;
        watchers.cancelAll();
    }

    /** Makes a video for {@code ticket}, or nothing when there is none left to make. */
    public void run(String ticket) {
        if (closing) {
            throw new CancellationException("the studio is closing");
        }
        tidy(ticket);
        VideoRow video = database.exclusivelyFind(connection -> claim(connection, ticket));
        if (video == null) {
            return;
        }
        if (video.attempt() > MOST_ATTEMPTS) {
            fail(video, new Videos.Failure("crashed", "Making this video ended the program again and again."));
            return;
        }
        Cancellation cancellation = new Cancellation();
        watchers.begin(video.id(), cancellation);
        try (ProgressReport report = new ProgressReport(video, videos, watchers, cancellation)) {
            make(video, report, cancellation);
        } catch (CancellationException e) {
            if (closing) {
                throw e; // the ticket stays
            }
            LOG.log(System.Logger.Level.DEBUG, "{0} was cancelled", video.id());
            clear(video);
        } catch (Database.Failure e) {
            throw e; // the ticket stays, and the video goes on when the database is back
        } catch (InvalidInputException e) {
            fail(video, new Videos.Failure("invalid_request", FieldNames.translated(e.getMessage())));
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            LOG.log(System.Logger.Level.WARNING, video.id() + " failed", e);
            fail(video, failure(e));
        } finally {
            watchers.end(video.id());
        }
    }

    private @Nullable VideoRow claim(Connection connection, String ticket) throws SQLException {
        VideoRow begun = videos.begunBy(connection, ticket);
        String id = begun == null ? FairOrder.next(connection) : begun.id();
        if (id == null) {
            return null;
        }
        VideoRow taken = videos.take(connection, id, ticket, worker, System.currentTimeMillis());
        if (taken != null && begun == null) {
            FairOrder.served(connection, taken.client());
        }
        return taken;
    }

    private static Videos.Failure failure(Throwable e) {
        String text = String.valueOf(e.getMessage());
        boolean memory = e instanceof OutOfMemoryError
                || text.contains("bad_alloc")
                || text.contains("DefaultCPUAllocator")
                || text.contains("out of memory");
        return memory
                ? new Videos.Failure(
                        "out_of_memory", "There is not enough memory for this video; ask for a smaller one.")
                : new Videos.Failure("internal_error", "Making the video failed; the log of the studio says more.");
    }

    private void make(VideoRow row, ProgressReport report, Cancellation cancellation) {
        Wanted wanted = Wanted.of(row.wanted());
        Video video;
        try (Lease lease = models.lease(wanted.model(), cancellation)) {
            VideoBuilder builder = lease.ingredients().video(wanted.prompt());
            describe(builder, wanted);
            if (wanted.firstFrame() != null) {
                builder.firstFrame(photos.firstFrame(wanted.firstFrame()));
            }
            if (!wanted.people().isEmpty()) {
                builder.people(people(lease, wanted.people()));
            }
            video = builder.resumable(blobs.folder(folder(row)).resolve("steps.safetensors"), SAVE_EVERY)
                    .listener(report)
                    .cancelledBy(cancellation)
                    .generate();
        }
        Made made = VideoFiles.write(blobs, key(row), video, row.attempt(), wanted.overlay());
        boolean mine = database.transaction(connection -> ending.complete(connection, row, made));
        watchers.changed(row.id()); // nobody waits for what is tidied up
        if (mine) {
            tidyFiles(row.id(), row.attempt());
        } else {
            clear(row);
        }
    }

    private People people(Lease lease, List<Wanted.Who> people) {
        StringBuilder key = new StringBuilder();
        people.forEach(who -> key.append(photos.key(who)).append('\n'));
        return lease.people(
                key.toString(), () -> people.stream().map(photos::of).toList());
    }

    private static void describe(VideoBuilder builder, Wanted wanted) {
        builder.negativePrompt(wanted.negativePrompt())
                .size(wanted.width(), wanted.height())
                .frames(wanted.numFrames())
                .steps(wanted.numInferenceSteps())
                .guidanceScale(wanted.guidanceScale())
                .imageGuidanceScale(wanted.imageGuidanceScale())
                .seed(wanted.seed())
                .scheduler(Scheduler.Kind.parse(wanted.scheduler()))
                .guidance(Guidance.parse(wanted.guidance()))
                .routing(Routing.parse(wanted.routing()))
                .layout(wanted.layout() == null ? null : Layout.parse(wanted.layout()));
        Wanted.Skipped shortcuts = wanted.shortcuts();
        if (shortcuts != null) {
            builder.shortcuts(shortcuts.forLibrary());
        }
        Double faceScale = wanted.faceScale();
        if (faceScale != null) {
            builder.faceScale(faceScale);
        }
        for (Wanted.Who who : wanted.people()) {
            if (!who.name().isEmpty() && !who.role().isEmpty()) {
                builder.role(who.name(), who.role());
            }
        }
        for (Wanted.Where where : wanted.place()) {
            builder.place(placement(where));
        }
    }

    /** As the library has it. */
    public static Placement placement(Wanted.Where where) {
        List<Double> box = where.region();
        Double from = where.from();
        Double to = where.to();
        return new Placement(
                where.person(),
                new Placement.Region(box.get(0), box.get(1), box.get(2), box.get(3)),
                from == null && to == null
                        ? null
                        : new Placement.Span(from == null ? 0 : from, to == null ? Float.MAX_VALUE : to));
    }

    private void fail(VideoRow video, Videos.Failure failure) {
        boolean mine = database.transaction(connection -> ending.fail(connection, video, failure));
        if (mine) {
            tidyFiles(video.id(), 0);
        } else {
            clear(video);
        }
    }

    private static String folder(VideoRow video) {
        return "videos/" + video.id();
    }

    private static String key(VideoRow video) {
        return folder(video) + "/" + video.attempt();
    }

    /** Removes what this attempt left of a video that is not its own any more. */
    private void clear(VideoRow video) {
        blobs.removeAll(key(video));
        VideoRow now = videos.find(video.id());
        if (now == null) {
            blobs.removeAll(folder(video));
        } else if (now.ended()) {
            tidyFiles(video.id(), now.made() == null ? 0 : Made.of(now.made()).attempt());
        }
    }

    /** What a process that died right after its video's end did not come to. */
    private void tidy(String ticket) {
        for (VideoRow video : videos.endedBy(ticket)) {
            tidyFiles(
                    video.id(), video.made() == null ? 0 : Made.of(video.made()).attempt());
        }
    }

    /** Removes saved steps and the files of all attempts but {@code kept}. */
    private void tidyFiles(String id, int kept) {
        String folder = "videos/" + id;
        for (String name : blobs.names(folder)) {
            boolean attempt = name.chars().allMatch(Character::isDigit);
            if (attempt ? !name.equals(String.valueOf(kept)) : name.contains("steps")) {
                blobs.removeAll(folder + "/" + name);
            }
        }
    }
}
