package ai.ingredients.studio.jobs;

import ai.ingredients.Cancellation;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.studio.store.Database;
import ai.ingredients.studio.store.VideoRow;
import ai.ingredients.studio.store.Videos;
import java.awt.image.BufferedImage;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells how a video comes along: whoever looks on here at once, the database every second, from a thread of its own, so that
 * making a video never waits for a disk. That thread also finds out when the video is no longer this process's, and ends it.
 */
final class ProgressReport implements VideoListener, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ProgressReport.class.getName());
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final long PREVIEW_NANOS = Duration.ofMillis(500).toNanos();
    /** A preview may cost this share of the time. */
    private static final int PREVIEW_SHARE = 8;

    private static final int TEXT_DONE = 2;
    private static final int PEOPLE_DONE = 5;
    private static final int DENOISED = 90;
    private static final int ALL_BUT = 99;

    private final VideoRow video;
    private final Videos videos;
    private final Watchers watchers;
    private final Cancellation cancellation;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread beat;
    private final int steps;
    private Stage stage = Stage.TEXT;
    private int total = 1;
    private long denoisingSince;
    private int resumedAt = -1;
    private long lastPreview = System.nanoTime();
    private long previewBegun;
    private long previewCost;
    private volatile Videos.@Nullable Progress now;

    ProgressReport(VideoRow video, Videos videos, Watchers watchers, Cancellation cancellation) {
        this.video = video;
        this.videos = videos;
        this.watchers = watchers;
        this.cancellation = cancellation;
        steps = Wanted.of(video.wanted()).numInferenceSteps();
        beat = Thread.ofVirtual().name("progress").start(this::beat);
    }

    private void beat() {
        Videos.Progress written = null;
        while (true) {
            try {
                if (closed.await(BEAT.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
                Videos.Progress fresh = now;
                boolean mine = (fresh == null || fresh.equals(written))
                        ? videos.mine(video.id(), video.attempt())
                        : videos.progressed(video.id(), video.attempt(), fresh);
                written = fresh;
                if (!mine) {
                    cancellation.cancel();
                    return;
                }
            } catch (InterruptedException e) {
                return;
            } catch (Database.Failure e) {
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "progress is not noted",
                        e); // the video goes on; whether it counts is decided at its end
            }
        }
    }

    @Override
    public void begins(Stage begun, int pieces) {
        stage = begun;
        total = Math.max(1, pieces);
        if (begun == Stage.DENOISING) {
            denoisingSince = System.nanoTime();
        }
        tell(0);
    }

    @Override
    public void progress(int done) {
        if (stage == Stage.DENOISING && resumedAt < 0) {
            resumedAt = done - 1;
        }
        tell(done);
    }

    private void tell(int done) {
        double share = Math.min(1, (double) done / total);
        int percent = switch (stage) {
            case PHOTOS -> 0;
            case TEXT -> (int) (TEXT_DONE * share);
            case PEOPLE -> TEXT_DONE + (int) ((PEOPLE_DONE - TEXT_DONE) * share);
            case DENOISING -> PEOPLE_DONE + (int) ((DENOISED - PEOPLE_DONE) * share);
            case DECODING -> DENOISED + (int) ((ALL_BUT - DENOISED) * share);
        };
        Double left = null;
        if (stage == Stage.DENOISING && done > Math.max(0, resumedAt)) {
            double each = (System.nanoTime() - denoisingSince) / 1e9 / (done - Math.max(0, resumedAt));
            left = each * (total - done) * DENOISED / (DENOISED - PEOPLE_DONE);
        }
        int step = switch (stage) {
            case PHOTOS, TEXT, PEOPLE -> 0;
            case DENOISING -> done;
            case DECODING -> Integer.MAX_VALUE;
        };
        Videos.Progress told =
                new Videos.Progress(stage.name().toLowerCase(Locale.ROOT), Math.min(step, steps), percent, left);
        now = told;
        watchers.progress(video.id(), told);
    }

    @Override
    public boolean wantsPreview(int step) {
        previewBegun = System.nanoTime(); // what it takes begins with decoding
        long since = previewBegun - lastPreview;
        return watchers.watched(video.id()) && since > Math.max(PREVIEW_NANOS, previewCost * PREVIEW_SHARE);
    }

    @Override
    public void preview(int step, BufferedImage picture) {
        watchers.preview(video.id(), step, Pictures.jpeg(picture));
        lastPreview = System.nanoTime();
        previewCost = lastPreview - previewBegun;
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            beat.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
