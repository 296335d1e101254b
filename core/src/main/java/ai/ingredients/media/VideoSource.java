package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avcodec.AVDISCARD_ALL;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_AV1;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP8;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP9;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_DATA_DISPLAYMATRIX;
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
import static org.bytedeco.ffmpeg.global.avformat.AV_DISPOSITION_ATTACHED_PIC;
import static org.bytedeco.ffmpeg.global.avformat.AV_DISPOSITION_TIMED_THUMBNAILS;
import static org.bytedeco.ffmpeg.global.avformat.av_find_best_stream;
import static org.bytedeco.ffmpeg.global.avformat.av_probe_input_buffer2;
import static org.bytedeco.ffmpeg.global.avformat.av_read_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_seek_frame;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avformat.avformat_find_stream_info;
import static org.bytedeco.ffmpeg.global.avformat.avformat_open_input;
import static org.bytedeco.ffmpeg.global.avutil.AVMEDIA_TYPE_VIDEO;
import static org.bytedeco.ffmpeg.global.avutil.AV_FRAME_DATA_DISPLAYMATRIX;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_display_rotation_get;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_side_data;

import ai.ingredients.InvalidInputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVFrameSideData;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * A video file opened for decoding, from its start: the stream of moving pictures in it and its decoder. Owns native memory;
 * open and use it inside a {@code PointerScope}. Not thread-safe.
 */
final class VideoSource implements AutoCloseable {
    /**
     * Containers that hold a video in themselves. ffmpeg knows three hundred more: playlists and manifests that name other
     * files and addresses, pictures, games of the nineties.
     */
    private static final Set<String> CONTAINERS = Set.of(
            "mov,mp4,m4a,3gp,3g2,mj2",
            "matroska,webm",
            "avi",
            "mpegts",
            "mpeg",
            "mpegvideo",
            "m4v",
            "h261",
            "h263",
            "h264",
            "hevc",
            "vvc",
            "av1",
            "obu",
            "ivf",
            "flv",
            "live_flv",
            "ogg",
            "asf",
            "gif",
            "apng",
            "nut",
            "mxf",
            "gxf",
            "mjpeg",
            "yuv4mpegpipe",
            "dv",
            "rm",
            "wtv",
            "dirac",
            "vc1",
            "vc1test",
            "cavsvideo");

    /** How files begin that name other files: HLS, ffmpeg's lists, session descriptions, DASH, PLS, Windows Media. */
    private static final Pattern PLAYLIST = Pattern.compile(
            "\\s*(#EXTM3U|ffconcat|v=0\\s|\\[(playlist|reference)]|<\\?xml|<(MPD|SmoothStreamingMedia|asx|smil|playlist)\\b).*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** What a frame may have however small the file is: 4K. */
    private static final long PIXELS = 4096L * 2176;
    /** What it may have besides for each byte of the file: no codec is that good with pictures worth looking at. */
    private static final long PIXELS_PER_BYTE = 64;
    /** What it may have in any file: 8K. */
    static final long MOST_PIXELS = 8192L * 4352;

    /**
     * Codecs that show the same frames of a damaged file every time though threads decode frames side by side. Others mend a
     * frame from whatever its neighbour, in the hands of another thread, is by then: MPEG-4, H.264 and FFV1 were seen to.
     */
    private static final Set<Integer> STEADY = Set.of(AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_AV1);

    /** Each thread holds a frame; more than these gain little. */
    private static final int MOST_THREADS = 4;

    private final Path path;
    private final VideoInput input;
    private final AVFormatContext container;
    private AVCodecContext codec = new AVCodecContext((Pointer) null);
    private final AVPacket packet = av_packet_alloc();
    private int stream = -1;
    private boolean started;
    private boolean closed;

    /**
     * Opens {@code path}, a regular file.
     *
     * @throws InvalidInputException when there is no video in it that can be decoded
     */
    VideoSource(Path path) {
        this.path = path;
        input = new VideoInput(path);
        container = avformat_alloc_context();
        boolean opened = false;
        try {
            open(String.valueOf(path.getFileName()));
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    private void open(String name) {
        if (PLAYLIST.matcher(input.beginning()).matches()) {
            throw new InvalidInputException(
                    path + ": is a playlist, which names other files; give the video file itself");
        }
        AVInputFormat format = probed(name);
        container.pb(input.context());
        // Whatever a container might refer to, no protocol is left to open it with.
        AVDictionary options = Ffmpeg.dictionary(Map.of("protocol_whitelist", "none"));
        int code = avformat_open_input(container, name, format, options);
        av_dict_free(options);
        if (code < 0) {
            throw bad(Ffmpeg.reason(code)); // the container is freed by then
        }
        for (int i = 0; i < container.nb_streams(); i++) {
            AVCodecParameters told = container.streams(i).codecpar();
            if (told.codec_type() == AVMEDIA_TYPE_VIDEO && told.width() > 0 && told.height() > 0) {
                checkSize(told.width(), told.height());
            }
        }
        code = findStreams();
        if (code < 0) {
            throw bad(Ffmpeg.reason(code));
        }
        stream = movingPictures();
        for (int i = 0; i < container.nb_streams(); i++) {
            if (i != stream) {
                container.streams(i).discard(AVDISCARD_ALL);
            }
        }
        AVStream video = video();
        checkSize(video.codecpar().width(), video.codecpar().height());
        AVCodec decoder = avcodec_find_decoder(video.codecpar().codec_id());
        AVCodecContext context = avcodec_alloc_context3(decoder);
        codec = context;
        context.max_pixels(mostPixels());
        int threads = Math.min(Runtime.getRuntime().availableProcessors(), MOST_THREADS);
        context.thread_count(STEADY.contains(video.codecpar().codec_id()) ? threads : 1);
        // Not slices: threads within one picture mend a damaged MPEG-2 in an order that differs now and then.
        context.thread_type(AVCodecContext.FF_THREAD_FRAME);
        if (decoder == null
                || avcodec_parameters_to_context(context, video.codecpar()) < 0
                || avcodec_open2(context, decoder, (AVDictionary) null) < 0) {
            throw bad("its codec cannot be decoded");
        }
    }

    /** The kind of file by its content, when it is one that holds a video in itself. */
    private AVInputFormat probed(String name) {
        AVInputFormat format = new AVInputFormat((Pointer) null);
        int code = av_probe_input_buffer2(input.context(), format, name, null, 0, 0);
        if (code < 0 || format.isNull()) {
            throw bad("it is of no kind that ffmpeg knows");
        }
        String kind = format.name().getString();
        if (CONTAINERS.contains(kind)) {
            return format;
        }
        if (kind.equals("webp_pipe")) {
            throw new InvalidInputException(path + ": is " + (PictureFile.isAnimatedWebp(path) ? "an animated" : "a")
                    + " WebP, a picture and no video file; save it as mp4 or GIF first");
        }
        if (kind.endsWith("_pipe")) {
            throw new InvalidInputException(path + ": is a picture (" + kind.replace("_pipe", "") + "), not a video");
        }
        throw bad("it is of the kind " + kind + "; expected mp4, mov, webm, mkv, avi, ts, gif or the like");
    }

    /** Looks into the file for what its header does not tell, with the size of what it decodes in bounds. */
    private int findStreams() {
        int known = container.nb_streams();
        PointerPointer<AVDictionary> options = new PointerPointer<>(Math.max(1, known));
        for (int i = 0; i < known; i++) {
            options.put(i, Ffmpeg.dictionary(Map.of("max_pixels", String.valueOf(mostPixels()))));
        }
        int code = avformat_find_stream_info(container, options);
        for (int i = 0; i < known; i++) {
            AVDictionary left = options.get(AVDictionary.class, i); // what a decoder took is gone
            if (left != null) {
                av_dict_free(left);
            }
        }
        return code;
    }

    /** The number of the stream to show. Cover art and thumbnails are streams of pictures too, of one picture. */
    private int movingPictures() {
        int best = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, (AVCodec) null, 0);
        if (best < 0) {
            throw bad("there is no video in it");
        }
        if (isCover(best)) {
            best = -1;
            for (int i = 0; i < container.nb_streams() && best < 0; i++) {
                boolean pictures = container.streams(i).codecpar().codec_type() == AVMEDIA_TYPE_VIDEO;
                best = pictures && !isCover(i) ? i : -1;
            }
        }
        if (best < 0) {
            throw bad("there is no video in it, only a cover picture");
        }
        return best;
    }

    private boolean isCover(int stream) {
        int disposition = container.streams(stream).disposition();
        return (disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) != 0;
    }

    private long mostPixels() {
        return Math.min(MOST_PIXELS, PIXELS + PIXELS_PER_BYTE * input.size());
    }

    /** Refuses frames that would take memory out of all proportion to the file. */
    private void checkSize(int width, int height) {
        if (width < 1 || height < 1) {
            throw bad("its size is unknown");
        }
        if ((long) width * height > mostPixels()) {
            throw bad("it claims to have frames of " + width + "x" + height + " pixels; in a file of " + input.size()
                    + " bytes at most " + mostPixels() / 1_000_000 + " megapixels are read");
        }
    }

    AVStream video() {
        return container.streams(stream);
    }

    AVDictionary metadata() {
        return container.metadata();
    }

    /** How {@code frame}, or else the whole stream, says it is turned. */
    Orientation orientation(AVFrame frame) {
        AVFrameSideData ofFrame = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
        BytePointer data = ofFrame == null ? null : ofFrame.data();
        if (data == null) {
            AVPacketSideData ofStream = av_packet_side_data_get(
                    video().codecpar().coded_side_data(),
                    video().codecpar().nb_coded_side_data(),
                    AV_PKT_DATA_DISPLAYMATRIX);
            data = ofStream == null || ofStream.size() < 9 * Integer.BYTES ? null : ofStream.data();
        }
        if (data == null) {
            return Orientation.UPRIGHT;
        }
        int[] matrix = new int[9];
        new IntPointer(data).get(matrix);
        return Orientation.ofMatrix(matrix, av_display_rotation_get(matrix));
    }

    /**
     * Decodes one frame into {@code frame}. Until the first one, packets that cannot be decoded are passed over: a file cut
     * out of a longer one begins with pictures whose references are missing.
     *
     * @return not negative; or {@link Ffmpeg#isEnd the end} or an error
     */
    int decode(AVFrame frame) {
        while (true) {
            int code = avcodec_receive_frame(codec, frame);
            if (code >= 0) {
                started = true;
                return code;
            }
            if (Ffmpeg.isEnd(code) || started && !Ffmpeg.isAgain(code)) {
                return code;
            }
            int read = readPacket();
            if (read < 0 && !Ffmpeg.isEnd(read)) {
                return read;
            }
            int sent = avcodec_send_packet(codec, read < 0 ? null : packet);
            av_packet_unref(packet);
            if (sent < 0 && (started || read < 0)) {
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

    /** Jumps to a whole frame at or before {@code time}, in the stream's units; false when the container cannot. */
    boolean seek(long time) {
        if (av_seek_frame(container, stream, time, AVSEEK_FLAG_BACKWARD) < 0) {
            return false;
        }
        avcodec_flush_buffers(codec);
        started = false;
        return true;
    }

    private InvalidInputException bad(String why) {
        return unreadable(path, why);
    }

    static InvalidInputException unreadable(Path path, String why) {
        return new InvalidInputException(path + ": cannot be read as a video (" + why + ")");
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            av_packet_free(packet);
            avcodec_free_context(codec);
            avformat_close_input(container);
            input.close();
        }
    }
}
