package ai.ingredients.spring;

import ai.ingredients.InvalidInputException;
import ai.ingredients.Video;
import ai.ingredients.VideoObserver;
import ai.ingredients.pipeline.Timings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/**
 * What came of videos and where their time went:
 *
 * <ul>
 *   <li>{@code ingredients.video}: a timer by {@code outcome}: made, refused (it cannot be made), cancelled, failed;
 *   <li>{@code ingredients.video.stage}: a timer by {@code stage}: photos, text, canvas, denoising, decoding;
 *   <li>{@code ingredients.video.step}: a timer of one step, their mean in each video;
 *   <li>{@code ingredients.video.frames}: how many were made;
 *   <li>{@code ingredients.video.memory}: peak bytes of each video.
 * </ul>
 */
public final class VideoMetrics implements VideoObserver {
    private final MeterRegistry registry;
    private final Counter frames;
    private final DistributionSummary memory;

    /** Meters in {@code registry}. */
    public VideoMetrics(MeterRegistry registry) {
        this.registry = registry;
        frames = Counter.builder("ingredients.video.frames")
                .description("Frames of videos that were made")
                .register(registry);
        memory = DistributionSummary.builder("ingredients.video.memory")
                .description("Peak memory of a video")
                .baseUnit("bytes")
                .register(registry);
    }

    @Override
    public void made(Video video, Duration took) {
        video("made").record(took);
        frames.increment(video.frames().size());
        memory.record((double) video.peakMemory());
        Timings timings = video.timings();
        stage("photos", timings.photos());
        stage("text", timings.text());
        stage("canvas", timings.canvas());
        stage("denoising", timings.denoising());
        stage("decoding", timings.decoding());
        Timer.builder("ingredients.video.step")
                .description("One step of denoising")
                .register(registry)
                .record(duration(timings.secondsPerStep()));
    }

    @Override
    public void failed(RuntimeException reason, Duration took) {
        String outcome = switch (reason) {
            case InvalidInputException refused -> "refused";
            case CancellationException cancelled -> "cancelled";
            default -> "failed";
        };
        video(outcome).record(took);
    }

    private Timer video(String outcome) {
        return Timer.builder("ingredients.video")
                .description("Videos by what came of them")
                .tag("outcome", outcome)
                .register(registry);
    }

    private void stage(String stage, double seconds) {
        Timer.builder("ingredients.video.stage")
                .description("Where the time of a video goes")
                .tag("stage", stage)
                .register(registry)
                .record(duration(seconds));
    }

    private static Duration duration(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
