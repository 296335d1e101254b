package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT2020_CL;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT2020_NCL;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.swscale.SWS_ACCURATE_RND;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BICUBIC;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_BT2020;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU601;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU709;
import static org.bytedeco.ffmpeg.global.swscale.SWS_FULL_CHR_H_INT;
import static org.bytedeco.ffmpeg.global.swscale.sws_freeContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_getCachedContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_getCoefficients;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale;
import static org.bytedeco.ffmpeg.global.swscale.sws_setColorspaceDetails;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.InputFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a video file (mp4, mov, webm, mkv, avi, ts, gif and whatever else ffmpeg decodes) as RGB bytes, in
 * order of presentation or by number.
 *
 * <p>Frame n is the n-th picture that decoding the file from its start shows, counted from 0, also where the rate varies, or
 * where the file was cut out of a longer one and its first pictures cannot be decoded. No container tells that number, so
 * frames are counted by decoding, once; from then on jumping to a frame is checked against what was seen, and repeated from
 * the start where a container or codec jumps wrongly. What {@link #frame} gives is always what {@link #next} gives.
 *
 * <p>Videos that say they are turned or mirrored (phones, cameras for selfies) come out upright, as the ffmpeg program shows
 * them; angles other than quarter turns and pixels that are not square are ignored, as is sound. YUV that names no colour
 * matrix is taken as bt601, ffmpeg's convention. Cover art is no video. Only the given file is ever opened, whatever it refers
 * to.
 *
 * <p>Owns native memory until {@link #close}. Not thread-safe.
 */
public final class VideoReader implements AutoCloseable {
    /** Up to this many frames ahead, decoding on is cheaper than jumping back to a whole frame. */
    private static final int DECODE_ON = 16;
    /** How many whole frames before the wanted one are tried before decoding from the start. */
    private static final int JUMPS = 3;

    private static final int AT_END = Integer.MAX_VALUE;

    private final Path path;
    private VideoSource source;
    private final AVFrame decoded = av_frame_alloc();
    private final AVFrame converted = av_frame_alloc();
    private @Nullable SwsContext converter;
    private final int codedWidth;
    private final int codedHeight;
    private final Orientation orientation;
    private final FrameRate rate;
    private final Map<String, String> metadata;
    /** Frames seen so far when decoding from the start. */
    private final FrameMarks marks = new FrameMarks();

    private boolean counted;
    /** Whether {@code source} has been decoded from its start without a jump. */
    private boolean fromStart = true;
    /** The number of the frame in {@code decoded}: −1 before the first, {@link #AT_END} after the last. */
    private int at = -1;
    /** The number of the frame that {@link #next} gives. */
    private int position;

    private VideoReader(Path path) {
        this.path = path;
        source = new VideoSource(path);
        boolean opened = false;
        try {
            if (!bring(0)) {
                throw VideoSource.unreadable(path, "there is no frame in it that can be decoded");
            }
            codedWidth = decoded.width();
            codedHeight = decoded.height();
            orientation = source.orientation(decoded);
            rate = rate(source.video());
            metadata = Collections.unmodifiableMap(Ffmpeg.entries(source.metadata()));
            converted.format(AV_PIX_FMT_RGB24).width(codedWidth).height(codedHeight);
            av_frame_get_buffer(converted, 0);
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    /**
     * Opens a video.
     *
     * @throws InvalidInputException when there is no such file, or no video in it that can be decoded
     */
    public static VideoReader open(Path path) {
        InputFile.check(path, "a video file");
        Ffmpeg.load();
        try (PointerScope scope = new PointerScope()) {
            return new VideoReader(path);
        }
    }

    /**
     * All frames of a video, in order.
     *
     * @throws InvalidInputException as {@link #open} and {@link #next}, or when they are more than memory holds
     */
    public static List<Picture> readAll(Path path) {
        try (VideoReader reader = open(path)) {
            long bytes = 3L * reader.width() * reader.height();
            long most = Math.max(1, Runtime.getRuntime().maxMemory() / 2 / bytes);
            List<Picture> frames = new ArrayList<>();
            for (Picture frame = reader.next(); frame != null; frame = reader.next()) {
                if (frames.size() == most) {
                    throw new InvalidInputException(path + ": has more than " + most + " frames of " + reader.width()
                            + "x" + reader.height() + " pixels, which is more than fits into memory; cut it shorter");
                }
                frames.add(frame);
            }
            return frames;
        }
    }

    /** Pixels across, upright. */
    public int width() {
        return orientation.swapsSides() ? codedHeight : codedWidth;
    }

    /** Pixels down, upright. */
    public int height() {
        return orientation.swapsSides() ? codedWidth : codedHeight;
    }

    /** The average frame rate; 1 when the file tells none. */
    public FrameRate rate() {
        return rate;
    }

    /** The container's metadata in its order, keys as ffprobe shows them. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * How many frames there are. Decodes what has not been decoded yet; {@link #has} asks for less.
     *
     * @throws InvalidInputException when the file is damaged
     */
    public int count() {
        try (PointerScope scope = new PointerScope()) {
            while (!counted) {
                bring(marks.size());
            }
        }
        return marks.size();
    }

    /**
     * Whether there is a frame of that number, decoding no further than that.
     *
     * @throws InvalidInputException when the file is damaged before it
     */
    public boolean has(int index) {
        if (index < 0 || index < marks.size()) {
            return index >= 0;
        }
        try (PointerScope scope = new PointerScope()) {
            return bring(index);
        }
    }

    /**
     * The next frame, or null after the last one.
     *
     * @throws InvalidInputException when the file is damaged at this place
     */
    public @Nullable Picture next() {
        try (PointerScope scope = new PointerScope()) {
            if (!bring(position)) {
                return null;
            }
            position++;
            return orientation.apply(codedWidth, codedHeight, convert());
        }
    }

    /**
     * The frame of a number, exactly; {@link #next} goes on behind it. Among frames seen before it jumps to the whole frame
     * before it and decodes from there; to others it decodes on.
     *
     * @param index 0 to {@link #count} - 1
     * @throws IndexOutOfBoundsException for another index
     * @throws InvalidInputException when the file is damaged at this place
     */
    public Picture frame(int index) {
        try (PointerScope scope = new PointerScope()) {
            if (index < 0 || !bring(index)) {
                throw new IndexOutOfBoundsException("frame " + index + " of " + marks.size());
            }
            position = index + 1;
            return orientation.apply(codedWidth, codedHeight, convert());
        }
    }

    /** Decodes until frame {@code index} is in {@code decoded}; false when the video ends before it. */
    private boolean bring(int index) {
        if (index == at) {
            return true;
        }
        if (index >= marks.size()) {
            if (counted) {
                return false;
            }
            if (!fromStart) {
                rewind(); // only pictures decoded from the start are known to be right
            }
            return decodeTo(index);
        }
        boolean near = index > at && index - at <= DECODE_ON || index <= DECODE_ON && at > index;
        if (!near && jump(index)) {
            return true;
        }
        if (at > index) {
            rewind();
        }
        if (decodeTo(index)) {
            return true;
        }
        rewind();
        if (!decodeTo(index)) {
            throw VideoSource.unreadable(path, "it ends at frame " + at + " of " + marks.size());
        }
        return true;
    }

    /** Decodes on to {@code index}; false at the end, or when what follows a jump is not what was seen from the start. */
    private boolean decodeTo(int index) {
        while (at < index) {
            if (!decode()) {
                counted |= fromStart;
                at = AT_END;
                return false;
            }
            at++;
            if (at == marks.size()) {
                marks.add(decoded);
            } else if (!marks.fits(at, decoded)) {
                if (fromStart) {
                    throw VideoSource.unreadable(
                            path, "damaged: frame " + at + " is not decoded the same way twice; encode it anew");
                }
                return false;
            }
        }
        return true;
    }

    /** Seeks and decodes up to the wanted frame; false when this container or codec cannot. */
    private boolean jump(int index) {
        if (!marks.isUnique(index)) {
            return false;
        }
        long wanted = marks.time(index);
        long from = wanted;
        fromStart = false;
        at = AT_END;
        for (int attempt = 0; attempt < JUMPS && source.seek(from); attempt++) {
            long first = AV_NOPTS_VALUE;
            while (source.decode(decoded) >= 0) {
                long time = decoded.best_effort_timestamp();
                first = first == AV_NOPTS_VALUE ? time : first;
                if (time == wanted && marks.fits(index, decoded)) {
                    at = index;
                    return true;
                }
                if (time >= wanted || time == AV_NOPTS_VALUE) {
                    break;
                }
            }
            if (first == AV_NOPTS_VALUE) {
                return false;
            }
            from = Math.min(from, first) - 1; // the whole frame before: this one's neighbours refer to earlier ones
        }
        return false;
    }

    /** Opening anew is the one way back to the start that every container supports. */
    private void rewind() {
        VideoSource again = new VideoSource(path);
        source.close();
        source = again;
        fromStart = true;
        at = -1;
    }

    private boolean decode() {
        int code = source.decode(decoded);
        if (code < 0 && !Ffmpeg.isEnd(code) && fromStart) {
            throw VideoSource.unreadable(path, "damaged after frame " + at + ": " + Ffmpeg.reason(code));
        }
        return code >= 0;
    }

    private byte[] convert() {
        SwsContext context = sws_getCachedContext(
                converter,
                decoded.width(),
                decoded.height(),
                decoded.format(),
                codedWidth,
                codedHeight,
                AV_PIX_FMT_RGB24,
                SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT,
                (SwsFilter) null,
                null,
                (DoublePointer) null);
        converter = context;
        if (context == null) {
            throw VideoSource.unreadable(path, "its pixel format " + decoded.format() + " cannot be converted");
        }
        IntPointer matrix = sws_getCoefficients(
                switch (decoded.colorspace()) {
                    case AVCOL_SPC_BT709 -> SWS_CS_ITU709;
                    case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL -> SWS_CS_BT2020;
                    default -> SWS_CS_ITU601;
                });
        int fullRange = decoded.color_range() == AVCOL_RANGE_JPEG ? 1 : 0;
        int one = 1 << 16; // contrast and saturation unchanged, in 16.16 fixed point
        sws_setColorspaceDetails(context, matrix, fullRange, matrix, 1, 0, one, one);
        sws_scale(
                context,
                decoded.data(),
                decoded.linesize(),
                0,
                decoded.height(),
                converted.data(),
                converted.linesize());
        return Ffmpeg.copyOut(converted, codedWidth * 3, codedHeight);
    }

    private static FrameRate rate(AVStream stream) {
        AVRational average = stream.avg_frame_rate();
        AVRational nominal = stream.r_frame_rate();
        AVRational known = average.num() > 0 && average.den() > 0 ? average : nominal;
        return known.num() > 0 && known.den() > 0 ? new FrameRate(known.num(), known.den()) : FrameRate.of(1);
    }

    /** Frees native memory and closes the file. */
    @Override
    public void close() {
        if (!decoded.isNull()) {
            source.close();
            sws_freeContext(converter);
            converter = null;
            av_frame_free(decoded);
            av_frame_free(converted);
        }
    }
}
