package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avcodec.AVDISCARD_ALL;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP8;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_DATA_DISPLAYMATRIX;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_FLAG_DISCARD;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_side_data_get;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_flush_buffers;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_to_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_frame;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_packet;
import static org.bytedeco.ffmpeg.global.avformat.AVSEEK_FLAG_BACKWARD;
import static org.bytedeco.ffmpeg.global.avformat.av_find_best_stream;
import static org.bytedeco.ffmpeg.global.avformat.av_read_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_seek_frame;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avformat.avformat_find_stream_info;
import static org.bytedeco.ffmpeg.global.avformat.avformat_open_input;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT2020_CL;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT2020_NCL;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVMEDIA_TYPE_VIDEO;
import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_display_rotation_get;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a video file (mp4, mov, webm, mkv, avi, gif and whatever else ffmpeg decodes) as RGB bytes, in
 * order of presentation or by number.
 *
 * <p>Frames are numbered from 0 as they are shown, also where their rate varies. Videos that say they are rotated by a
 * quarter turn (phones) come out upright; other angles, mirroring and pixels that are not square are ignored, as is
 * sound. YUV that names no colour matrix is taken as bt601, ffmpeg's convention. Only the given file is opened, also
 * when it is a playlist.
 *
 * <p>Owns native memory until {@link #close}. Not thread-safe.
 */
public final class VideoReader implements AutoCloseable {
    /** Up to this many frames ahead, decoding on is cheaper than jumping back to a whole frame. */
    private static final int DECODE_ON = 16;

    private final Path path;
    private Source source;
    private final AVFrame decoded = av_frame_alloc();
    private final AVFrame converted = av_frame_alloc();
    private @Nullable SwsContext converter;
    private final int codedWidth;
    private final int codedHeight;
    private final int quarterTurns;
    private final FrameRate rate;
    private final Map<String, String> metadata;
    private long @Nullable [] times;
    private int position;

    private VideoReader(Path path, Source source) {
        this.path = path;
        this.source = source;
        codedWidth = source.codec.width();
        codedHeight = source.codec.height();
        quarterTurns = quarterTurns(source.video());
        rate = rate(source.video());
        metadata = Collections.unmodifiableMap(Ffmpeg.entries(source.container.metadata()));
        converted.format(AV_PIX_FMT_RGB24).width(codedWidth).height(codedHeight);
        av_frame_get_buffer(converted, 0);
    }

    /**
     * Opens a video.
     *
     * @throws InvalidInputException when there is no such file, or no video in it that can be decoded
     */
    public static VideoReader open(Path path) {
        if (!Files.exists(path)) {
            throw new InvalidInputException(path + ": no such file");
        }
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw new InvalidInputException(path + ": is not a file that can be read");
        }
        Ffmpeg.load();
        try (PointerScope scope = new PointerScope()) {
            return new VideoReader(path, new Source(path));
        }
    }

    /** All frames of a video, in order. */
    public static List<Picture> readAll(Path path) {
        try (VideoReader reader = open(path)) {
            List<Picture> frames = new ArrayList<>();
            for (Picture frame = reader.next(); frame != null; frame = reader.next()) {
                frames.add(frame);
            }
            return frames;
        }
    }

    /** Pixels across, after rotation. */
    public int width() {
        return quarterTurns % 2 == 0 ? codedWidth : codedHeight;
    }

    /** Pixels down, after rotation. */
    public int height() {
        return quarterTurns % 2 == 0 ? codedHeight : codedWidth;
    }

    /** The average frame rate; 1 when the file tells none (a single picture). */
    public FrameRate rate() {
        return rate;
    }

    /** The container's metadata in its order, keys as ffprobe shows them. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** How many frames there are. The first call reads through the file without decoding. */
    public int count() {
        return times().length;
    }

    /**
     * The next frame, or null after the last one.
     *
     * @throws InvalidInputException when the file is damaged at this place
     */
    public @Nullable Picture next() {
        try (PointerScope scope = new PointerScope()) {
            if (!decode()) {
                return null;
            }
            position++;
            return upright(convert());
        }
    }

    /**
     * The frame of a number, exactly; {@link #next} goes on behind it. Jumps to the whole frame before it and decodes
     * from there.
     *
     * @param index 0 to {@link #count} - 1
     * @throws IndexOutOfBoundsException for another index
     * @throws InvalidInputException when the file is damaged at this place
     */
    public Picture frame(int index) {
        long[] shown = times();
        Objects.checkIndex(index, shown.length);
        try (PointerScope scope = new PointerScope()) {
            boolean near = index >= position && index - position <= DECODE_ON;
            if (near || !jump(shown, index)) {
                if (index < position) {
                    rewind();
                }
                while (position <= index) {
                    if (!decode()) {
                        throw unreadable(path, "it ends at frame " + position + " of " + shown.length);
                    }
                    position++;
                }
            }
            position = index + 1;
            return upright(convert());
        }
    }

    /** Seeks and decodes up to the wanted frame; false, with the reader at the start, when this container cannot. */
    private boolean jump(long[] shown, int index) {
        long wanted = shown[index];
        boolean unique = wanted != AV_NOPTS_VALUE
                && (index == 0 || shown[index - 1] < wanted)
                && (index + 1 == shown.length || shown[index + 1] > wanted);
        if (unique && source.seek(wanted)) {
            long previous = AV_NOPTS_VALUE;
            while (decode()) {
                long time = decoded.best_effort_timestamp();
                if (time == wanted) {
                    return true;
                }
                // Landing behind the frame, or on a frame without a time, means that this seek cannot be trusted.
                if (time > wanted || time <= previous && previous != AV_NOPTS_VALUE) {
                    break;
                }
                previous = time;
            }
        }
        rewind();
        return false;
    }

    /** Opening anew is the one way back to the start that every container supports. */
    private void rewind() {
        Source again = new Source(path);
        source.close();
        source = again;
        position = 0;
    }

    private boolean decode() {
        int code = source.decode(decoded);
        if (code < 0 && !Ffmpeg.isEnd(code)) {
            throw unreadable(path, "damaged after frame " + position + ": " + Ffmpeg.reason(code));
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
            throw unreadable(path, "its pixel format " + decoded.format() + " cannot be converted");
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

    /** Turns coded pixels clockwise by {@code quarterTurns}. */
    private Picture upright(byte[] coded) {
        if (quarterTurns == 0) {
            return new Picture(codedWidth, codedHeight, coded);
        }
        int width = width();
        int height = height();
        byte[] rgb = new byte[coded.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = switch (quarterTurns) {
                    case 1 -> (codedHeight - 1 - x) * codedWidth + y;
                    case 2 -> (codedHeight - 1 - y) * codedWidth + codedWidth - 1 - x;
                    default -> x * codedWidth + codedWidth - 1 - y;
                };
                System.arraycopy(coded, from * 3, rgb, (y * width + x) * 3, 3);
            }
        }
        return new Picture(width, height, rgb);
    }

    private long[] times() {
        if (times == null) {
            try (PointerScope scope = new PointerScope();
                    Source scan = new Source(path)) {
                times = scan.times();
            }
        }
        return times;
    }

    /** Clockwise quarter turns that bring the picture upright. */
    private static int quarterTurns(AVStream stream) {
        AVPacketSideData matrix = av_packet_side_data_get(
                stream.codecpar().coded_side_data(), stream.codecpar().nb_coded_side_data(), AV_PKT_DATA_DISPLAYMATRIX);
        if (matrix == null || matrix.size() < 9 * Integer.BYTES) {
            return 0;
        }
        double counterclockwise = av_display_rotation_get(new IntPointer(matrix.data()));
        double quarters = -counterclockwise / 90;
        return quarters == Math.rint(quarters) ? Math.floorMod((int) quarters, 4) : 0;
    }

    private static FrameRate rate(AVStream stream) {
        AVRational average = stream.avg_frame_rate();
        AVRational nominal = stream.r_frame_rate();
        AVRational known = average.num() > 0 && average.den() > 0 ? average : nominal;
        return known.num() > 0 && known.den() > 0 ? new FrameRate(known.num(), known.den()) : FrameRate.of(1);
    }

    private static InvalidInputException unreadable(Path path, String why) {
        return new InvalidInputException(path + ": cannot be read as a video (" + why + ")");
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

    /** The opened file with its decoder. Open and use inside a {@code PointerScope}. */
    private static final class Source implements AutoCloseable {
        private final AVFormatContext container = new AVFormatContext((Pointer) null);
        private final AVCodecContext codec;
        private final AVPacket packet = av_packet_alloc();
        private final int stream;
        private boolean closed;

        Source(Path path) {
            AVCodecContext context = new AVCodecContext((Pointer) null);
            int found = -1;
            String problem = null;
            // Playlists could name other files, or addresses.
            AVDictionary options = Ffmpeg.dictionary(Map.of("protocol_whitelist", "file"));
            int code = avformat_open_input(container, Ffmpeg.url(path), null, options);
            av_dict_free(options);
            if (code < 0) {
                problem = Ffmpeg.reason(code);
            } else {
                code = avformat_find_stream_info(container, (AVDictionary) null);
                found = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, (AVCodec) null, 0);
                if (code < 0 || found < 0) {
                    problem = found < 0 ? "there is no video in it" : Ffmpeg.reason(code);
                } else {
                    AVStream video = container.streams(found);
                    AVCodec decoder = avcodec_find_decoder(video.codecpar().codec_id());
                    context = avcodec_alloc_context3(decoder);
                    if (decoder == null
                            || avcodec_parameters_to_context(context, video.codecpar()) < 0
                            || openThreaded(context, decoder) < 0) {
                        problem = "its codec cannot be decoded";
                    } else if (context.width() < 1 || context.height() < 1) {
                        problem = "its size is unknown";
                    }
                }
            }
            codec = context;
            stream = found;
            if (problem != null) {
                close();
                throw unreadable(path, problem);
            }
            for (int i = 0; i < container.nb_streams(); i++) {
                if (i != stream) {
                    container.streams(i).discard(AVDISCARD_ALL);
                }
            }
        }

        private static int openThreaded(AVCodecContext context, AVCodec decoder) {
            context.thread_count(0); // as many as there are cores
            return avcodec_open2(context, decoder, (AVDictionary) null);
        }

        AVStream video() {
            return container.streams(stream);
        }

        /** Decodes one frame into {@code frame}; a negative code is {@link Ffmpeg#isEnd the end} or an error. */
        int decode(AVFrame frame) {
            while (true) {
                int code = avcodec_receive_frame(codec, frame);
                if (!Ffmpeg.isAgain(code)) {
                    return code;
                }
                int read = readPacket();
                if (read < 0 && !Ffmpeg.isEnd(read)) {
                    return read;
                }
                int sent = avcodec_send_packet(codec, read < 0 ? null : packet);
                av_packet_unref(packet);
                if (sent < 0) {
                    return sent;
                }
            }
        }

        private int readPacket() {
            while (true) {
                int code = av_read_frame(container, packet);
                if (code < 0 || packet.stream_index() == stream) {
                    return code;
                }
                av_packet_unref(packet);
            }
        }

        boolean seek(long time) {
            if (av_seek_frame(container, stream, time, AVSEEK_FLAG_BACKWARD) < 0) {
                return false;
            }
            avcodec_flush_buffers(codec);
            return true;
        }

        /** The presentation times of the frames that will be shown, ascending. Reads to the end of the file. */
        long[] times() {
            boolean vp8 = codec.codec_id() == AV_CODEC_ID_VP8;
            LongStream.Builder times = LongStream.builder();
            while (readPacket() >= 0) {
                // VP8 stores reference pictures that are never shown; bit 4 of the first byte tells.
                boolean hidden = (packet.flags() & AV_PKT_FLAG_DISCARD) != 0
                        || vp8 && packet.size() > 0 && (packet.data().get(0) & 0x10) == 0;
                if (!hidden) {
                    times.add(packet.pts());
                }
                av_packet_unref(packet);
            }
            return times.build().sorted().toArray();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                av_packet_free(packet);
                avcodec_free_context(codec);
                avformat_close_input(container);
            }
        }
    }
}
