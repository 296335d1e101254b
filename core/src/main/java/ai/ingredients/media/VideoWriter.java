package ai.ingredients.media;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.Unfinished;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes frames into a video of the {@link VideoFormat} that the file's name ends in; into an mp4 as browsers play it: H.264
 * (openh264, high profile), yuv420p tagged bt709 limited range, the index in front.
 *
 * <pre>{@code
 * VideoWriter.checkWritable(path);                                     // before the long work
 * try (VideoWriter video = VideoWriter.create(path, 720, 480, VideoWriter.Settings.DEFAULT)) {
 *     video.add(frames);                                               // uint8 [F, H, W, 3]
 *     video.metadata("comment", recipe);
 *     video.finish();                                                  // only now does path appear
 * }
 * }</pre>
 *
 * <p>The file is written under a hidden name beside the target; {@link #close} without {@link #finish}, and Ctrl-C,
 * delete it. Every frame has the same quantizer, so quality does not depend on length or motion; only where a frame is
 * nothing but noise, and the encoder cannot hold it, does the quantizer rise from there on. Equal frames and settings
 * give equal bytes. Owns native memory until {@code close}. Not thread-safe.
 */
public final class VideoWriter implements AutoCloseable {
    /** The least width and height the encoder takes, in pixels. */
    public static final int SMALLEST_SIDE = 16;
    /** The greatest longer side the encoder takes, in pixels. */
    public static final int LONGEST_SIDE = 3840;
    /** The greatest shorter side the encoder takes, in pixels. */
    public static final int LONGEST_SHORT_SIDE = 2160;

    /**
     * @param rate frames per second
     * @param quantizer H.264's quantizer, {@value #FINEST} (largest file) to 51: comparable to crf, six more halve the bytes
     */
    public record Settings(FrameRate rate, int quantizer) {
        /** openh264 goes no finer. */
        public static final int FINEST = 12;
        /** Clean even when paused: over 40 dB on a natural clip, 63 kB a second at 720x480 and 8 fps. */
        public static final int DEFAULT_QUANTIZER = 16;
        /** 8 fps at the default quantizer. */
        public static final Settings DEFAULT = new Settings(FrameRate.DEFAULT, DEFAULT_QUANTIZER);

        /** @throws InvalidInputException for a quantizer outside {@value #FINEST}..51 */
        public Settings {
            if (quantizer < FINEST || quantizer > VideoEncoder.COARSEST) {
                throw new InvalidInputException("quantizer " + quantizer + ": use " + FINEST + " (best) to "
                        + VideoEncoder.COARSEST + " (smallest), " + DEFAULT_QUANTIZER + " if unsure");
            }
        }

        /** The default quality at another rate. */
        public static Settings at(FrameRate rate) {
            return new Settings(rate, DEFAULT_QUANTIZER);
        }
    }

    private final int width;
    private final int height;
    private final AtomicFile output;
    private final VideoEncoder encoder;
    private final Map<String, String> metadata;
    private int frames;
    private boolean handedOver;

    private VideoWriter(int width, int height, AtomicFile output, VideoEncoder encoder, Map<String, String> metadata) {
        this.metadata = metadata;
        this.width = width;
        this.height = height;
        this.output = output;
        this.encoder = encoder;
    }

    /**
     * Starts a video.
     *
     * @param width pixels, see {@link VideoFormat#checkSize}
     * @param height pixels
     * @throws InvalidInputException when the target cannot be written or the size not encoded
     */
    public static VideoWriter create(Path target, int width, int height, Settings settings) {
        VideoFormat.of(target).checkSize(width, height);
        return create(target, width, height, settings, AtomicFile.create(target));
    }

    static VideoWriter create(Path target, int width, int height, Settings settings, AtomicFile output) {
        VideoEncoder.Format format = VideoFormat.of(target).encoder(settings);
        return create(target, width, height, settings.rate, format, output);
    }

    /**
     * Starts a video whose frames come back bit for bit: FFV1 in Matroska, for data rather than for players. Any size will
     * do.
     *
     * @param target ends in {@code .mkv}
     * @throws InvalidInputException when the target cannot be written
     */
    public static VideoWriter lossless(Path target, int width, int height, FrameRate rate) {
        if (!target.toString().toLowerCase(Locale.ROOT).endsWith(".mkv")) {
            throw new InvalidInputException(target + ": lossless videos are written as mkv; let the name end in .mkv");
        }
        return create(target, width, height, rate, VideoFormat.lossless(), AtomicFile.create(target));
    }

    private static VideoWriter create(
            Path target, int width, int height, FrameRate rate, VideoEncoder.Format format, AtomicFile output) {
        boolean opened = false;
        try {
            Ffmpeg.load();
            VideoEncoder[] encoder = new VideoEncoder[1];
            Map<String, String> metadata = new LinkedHashMap<>();
            // ffmpeg opens the file by its name: it must not make it again after the end of the process has removed it.
            Unfinished.together(
                    () -> encoder[0] = new VideoEncoder(output.path(), target, format, width, height, rate, metadata));
            opened = true;
            return new VideoWriter(width, height, output, encoder[0], metadata);
        } finally {
            if (!opened) {
                output.close();
            }
        }
    }

    /**
     * Tells before any work whether a video can be written at {@code target}.
     *
     * @throws InvalidInputException when its name does not end as a {@link VideoFormat}'s does, its folder is missing or
     *     closed to us, or it is a folder
     */
    public static void checkWritable(Path target) {
        VideoFormat.of(target);
        AtomicFile.checkWritable(target);
    }

    /**
     * Loads ffmpeg on a thread of its own, so that the first video need not wait a third of a second for it. Optional; a
     * failure is reported by {@link #create}.
     */
    public static void preload() {
        Thread.ofPlatform().daemon().name("ffmpeg-load").start(() -> {
            try {
                Ffmpeg.load();
            } catch (OperationFailedException e) {
                // create() meets the same failure, on the thread that can report it.
            }
        });
    }

    /**
     * Appends one frame.
     *
     * @throws IllegalArgumentException when its size is not the video's
     * @throws OperationFailedException when the disk is full or fails
     */
    public void add(Picture frame) {
        if (frame.width() != width || frame.height() != height) {
            throw new IllegalArgumentException(
                    "this video has frames of " + width + "x" + height + ", not " + frame.size());
        }
        encoder.add(frame.rgb());
        frames++;
    }

    /**
     * Appends one frame.
     *
     * @param rgb {@code height · width · 3} bytes, not kept
     * @throws IllegalArgumentException for another length
     */
    public void add(byte[] rgb) {
        add(new Picture(width, height, rgb));
    }

    /**
     * Appends one or more frames from uint8 {@code [H, W, 3]}, {@code [3, H, W]}, {@code [F, H, W, 3]} or
     * {@code [F, 3, H, W]}, on any device.
     *
     * @throws IllegalArgumentException for another shape, size or dtype
     */
    public void add(Tensor frames) {
        Picture.of(frames).forEach(this::add);
    }

    /**
     * Sets an entry of the file's metadata: of mp4 at any time before {@link #finish}, of others before the first frame; GIF and
     * WebP keep none. Any key survives; players show
     * {@code title} and {@code comment}. {@code ffprobe -show_format} and {@link VideoReader#metadata} read it back.
     */
    public void metadata(String key, String value) {
        if (key.isBlank() || key.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("metadata keys are not blank, and neither keys nor values hold NUL");
        }
        metadata.put(key, value);
    }

    /** How many frames were added. */
    public int frames() {
        return frames;
    }

    /**
     * Ends the video, all but its name: for a {@link ai.ingredients.io.FileGroup}, in which it appears together with others.
     *
     * @return the complete file, which is the caller's
     * @throws IllegalStateException when no frame was added
     * @throws OperationFailedException when the disk is full or fails
     */
    public AtomicFile complete() {
        if (frames == 0) {
            throw new IllegalStateException("a video needs at least one frame");
        }
        encoder.finish();
        output.complete();
        handedOver = true;
        return output;
    }

    /**
     * Completes the file and puts it in the target's place.
     *
     * @throws IllegalStateException when no frame was added
     * @throws OperationFailedException when the disk is full or fails; the target is then as before
     */
    public void finish() {
        try (AtomicFile complete = complete()) {
            complete.commit();
        }
    }

    /** Frees native memory, and deletes the file unless {@link #finish} or {@link #complete} went through. */
    @Override
    public void close() {
        encoder.close();
        if (!handedOver) {
            output.close();
        }
    }
}
