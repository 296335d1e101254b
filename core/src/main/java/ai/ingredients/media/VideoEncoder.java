package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_GLOBAL_HEADER;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_rescale_ts;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_encoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_from_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_packet;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_frame;
import static org.bytedeco.ffmpeg.global.avformat.AVFMT_GLOBALHEADER;
import static org.bytedeco.ffmpeg.global.avformat.AVIO_FLAG_WRITE;
import static org.bytedeco.ffmpeg.global.avformat.av_interleaved_write_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_write_trailer;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_output_context2;
import static org.bytedeco.ffmpeg.global.avformat.avformat_free_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_new_stream;
import static org.bytedeco.ffmpeg.global.avformat.avformat_write_header;
import static org.bytedeco.ffmpeg.global.avformat.avio_close;
import static org.bytedeco.ffmpeg.global.avformat.avio_open;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_PRI_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_RGB;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_TRC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_PAL8;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_make_writable;
import static org.bytedeco.ffmpeg.global.swscale.SWS_ACCURATE_RND;
import static org.bytedeco.ffmpeg.global.swscale.SWS_AREA;
import static org.bytedeco.ffmpeg.global.swscale.SWS_CS_ITU709;
import static org.bytedeco.ffmpeg.global.swscale.SWS_FULL_CHR_H_INP;
import static org.bytedeco.ffmpeg.global.swscale.sws_freeContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_getCoefficients;
import static org.bytedeco.ffmpeg.global.swscale.sws_getContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale;
import static org.bytedeco.ffmpeg.global.swscale.sws_setColorspaceDetails;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.ffmpeg.swscale.SwsFilter;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * One picture stream through an ffmpeg encoder and muxer into a file, for {@link VideoWriter}.
 * Owns native memory until {@link #close}. Not thread-safe.
 */
final class VideoEncoder implements AutoCloseable {
    /**
     * A kind of file.
     *
     * @param muxer ffmpeg's name of the container
     * @param codec ffmpeg's name of the encoder
     * @param pixelFormat what the encoder is fed; YUV is converted and tagged as bt709, limited range
     * @param quantizer the least and greatest quantizer, or 0 where the codec has options of its own
     */
    record Format(
            String muxer,
            String codec,
            int pixelFormat,
            int quantizer,
            Map<String, String> codecOptions,
            Map<String, String> muxerOptions) {}

    /** H.264's greatest quantizer. */
    static final int COARSEST = 51;

    private static final int COARSER_BY = 2;
    /** No limit in practice: the quantizer alone decides. openh264 insists on a number. */
    private static final long BITS_PER_SECOND = 200_000_000;
    /** A whole frame this often, so that players can jump; two seconds cost 3 % of the bytes. */
    private static final int SECONDS_BETWEEN_KEYFRAMES = 2;

    private final Path shown;
    private final Format format;
    private final int width;
    private final int height;
    private final FrameRate rate;
    private final Map<String, String> metadata;
    private int quantizer;
    private final AVFormatContext container = new AVFormatContext((Pointer) null);
    private AVCodecContext codec = new AVCodecContext((Pointer) null);
    private @Nullable SwsContext converter;
    private @Nullable PaletteFilter palette;
    private final AVFrame source = av_frame_alloc();
    private final AVFrame converted = av_frame_alloc();
    private final AVPacket packet = av_packet_alloc();
    private long frames;
    private boolean begun;

    /**
     * Opens the encoder and the file.
     *
     * @param file where to write
     * @param shown the name for messages
     * @param metadata goes into the file; a live view: most formats take what is there at the first frame, mp4 at the end
     */
    VideoEncoder(
            Path file, Path shown, Format format, int width, int height, FrameRate rate, Map<String, String> metadata) {
        this.metadata = metadata;
        this.shown = shown;
        this.format = format;
        this.width = width;
        this.height = height;
        this.rate = rate;
        quantizer = format.quantizer;
        boolean opened = false;
        try (PointerScope scope = new PointerScope()) {
            open(file);
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    private void open(Path file) {
        String url = Ffmpeg.url(file);
        check(avformat_alloc_output_context2(container, null, format.muxer, url));

        AVCodecContext context = openCodec(quantizer);
        codec = context;

        AVStream video = avformat_new_stream(container, null);
        video.time_base(context.time_base());
        video.avg_frame_rate(context.framerate());
        check(avcodec_parameters_from_context(video.codecpar(), context));

        allocate(source, AV_PIX_FMT_RGB24, width, height);
        if (format.pixelFormat == AV_PIX_FMT_PAL8) {
            palette = new PaletteFilter(width, height, rate, this::check);
        } else {
            allocate(converted, format.pixelFormat, width, height);
            converter = converter();
        }

        AVIOContext io = new AVIOContext((Pointer) null);
        check(avio_open(io, url, AVIO_FLAG_WRITE));
        container.pb(io);
    }

    /** Writes the file's header, in which all formats but mp4 keep their metadata. */
    private void begin() {
        begun = true;
        describe();
        AVDictionary muxerOptions = Ffmpeg.dictionary(format.muxerOptions);
        int written = avformat_write_header(container, muxerOptions);
        av_dict_free(muxerOptions);
        check(written);
    }

    private void describe() {
        AVDictionary dictionary = container.metadata();
        AVDictionary target = dictionary == null ? new AVDictionary((Pointer) null) : dictionary;
        metadata.forEach((key, value) -> Ffmpeg.put(target, key, value));
        container.metadata(target);
    }

    private AVCodecContext openCodec(int quantizer) {
        AVCodec encoder = avcodec_find_encoder_by_name(format.codec);
        if (encoder == null) {
            throw new OperationFailedException(shown + ": this build of ffmpeg has no encoder " + format.codec);
        }
        AVCodecContext context = avcodec_alloc_context3(encoder);
        context.width(width).height(height).pix_fmt(format.pixelFormat);
        context.time_base(fraction(rate.denominator(), rate.numerator()));
        context.framerate(fraction(rate.numerator(), rate.denominator()));
        context.sample_aspect_ratio(fraction(1, 1));
        context.gop_size(Math.max(1, (int) Math.round(SECONDS_BETWEEN_KEYFRAMES * rate.perSecond())));
        context.max_b_frames(0);
        context.thread_count(1); // slices follow the thread count: one thread gives the same bytes on every machine
        context.color_primaries(AVCOL_PRI_BT709).color_trc(AVCOL_TRC_BT709);
        context.colorspace(isYuv() ? AVCOL_SPC_BT709 : AVCOL_SPC_RGB);
        context.color_range(isYuv() ? AVCOL_RANGE_MPEG : AVCOL_RANGE_JPEG);
        if (quantizer > 0) {
            context.bit_rate(BITS_PER_SECOND).qmin(quantizer).qmax(quantizer);
        }
        if ((container.oformat().flags() & AVFMT_GLOBALHEADER) != 0) {
            context.flags(context.flags() | AV_CODEC_FLAG_GLOBAL_HEADER);
        }
        AVDictionary codecOptions = Ffmpeg.dictionary(format.codecOptions);
        int opened = avcodec_open2(context, encoder, codecOptions);
        av_dict_free(codecOptions);
        if (opened < 0) {
            avcodec_free_context(context);
            throw new InvalidInputException(shown + ": the encoder " + format.codec + " refuses " + width + "x" + height
                    + " at " + rate + " fps; choose another size or rate");
        }
        return context;
    }

    private SwsContext converter() {
        SwsContext context = sws_getContext(
                width,
                height,
                AV_PIX_FMT_RGB24,
                width,
                height,
                format.pixelFormat,
                SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP,
                (SwsFilter) null,
                null,
                (DoublePointer) null);
        if (context == null) {
            throw new InvalidInputException(
                    shown + ": " + width + "x" + height + " cannot be converted; choose another size");
        }
        if (isYuv()) {
            var bt709 = sws_getCoefficients(SWS_CS_ITU709);
            int one = 1 << 16; // contrast and saturation unchanged, in 16.16 fixed point
            sws_setColorspaceDetails(context, bt709, 1, bt709, 0, 0, one, one);
        }
        return context;
    }

    private void allocate(AVFrame frame, int pixelFormat, int width, int height) {
        frame.format(pixelFormat).width(width).height(height);
        check(av_frame_get_buffer(frame, 0));
    }

    private boolean isYuv() {
        return format.pixelFormat == AV_PIX_FMT_YUV420P;
    }

    private static AVRational fraction(int numerator, int denominator) {
        return new AVRational().num(numerator).den(denominator);
    }

    /** Encodes one frame of {@code height · width · 3} RGB bytes. */
    void add(byte[] rgb) {
        try (PointerScope scope = new PointerScope()) {
            PaletteFilter colours = palette;
            if (colours != null) {
                check(av_frame_make_writable(source)); // the filter holds the last one
                Ffmpeg.copyInto(source, rgb, width * 3, height);
                source.pts(frames++);
                source.duration(1);
                colours.add(source);
                return;
            }
            check(av_frame_make_writable(converted)); // the encoder may still hold the last one
            Ffmpeg.copyInto(source, rgb, width * 3, height);
            check(sws_scale(
                    converter, source.data(), source.linesize(), 0, height, converted.data(), converted.linesize()));
            converted.pts(frames++);
            converted.duration(1);
            // openh264 gives up on a frame whose code would be longer than its pixels: pure noise, from weights that
            // have learnt nothing. A fresh encoder starts with a whole frame, so the stream stays valid.
            while (!encode(converted)) {
                if (quantizer == 0 || quantizer == COARSEST) {
                    throw new OperationFailedException(shown + ": the encoder fails on frame " + (frames - 1));
                }
                quantizer = Math.min(COARSEST, quantizer + COARSER_BY);
                AVCodecContext refused = codec;
                codec = openCodec(quantizer);
                avcodec_free_context(refused);
            }
        }
    }

    /** Ends the stream. The file is complete afterwards, yet not synced to disk. */
    void finish() {
        try (PointerScope scope = new PointerScope()) {
            if (palette != null) {
                palette.end(converted, this::encodeColours);
            }
            if (!encode(null)) {
                throw new OperationFailedException(shown + ": the encoder fails at the end");
            }
            // Muxers that put their index last (mp4) read the metadata only now, so it may tell how the run went.
            describe();
            check(av_write_trailer(container));
            AVIOContext io = container.pb();
            container.pb(null);
            check(avio_close(io));
        }
    }

    private void encodeColours() {
        if (!encode(converted)) {
            throw new OperationFailedException(shown + ": the encoder fails on a frame of 256 colours");
        }
    }

    /** Encodes a frame (null: the end) and writes what comes out; false when the encoder refuses it. */
    private boolean encode(@Nullable AVFrame frame) {
        if (!begun) {
            begin();
        }
        AVCodecContext context = codec;
        int code = avcodec_send_frame(context, frame);
        while (code >= 0) {
            code = avcodec_receive_packet(context, packet);
            if (code >= 0) {
                if (packet.duration() == 0) {
                    packet.duration(1); // else the last frame would have no length, and the frame rate come out wrong
                }
                av_packet_rescale_ts(
                        packet, context.time_base(), container.streams(0).time_base());
                check(av_interleaved_write_frame(container, packet));
            }
        }
        return Ffmpeg.isAgain(code) || Ffmpeg.isEnd(code);
    }

    private void check(int code) {
        if (code < 0) {
            throw new OperationFailedException(shown + ": could not be written (" + Ffmpeg.reason(code) + ")");
        }
    }

    /** Frees native memory and closes the file, finished or not. */
    @Override
    public void close() {
        if (packet.isNull()) {
            return;
        }
        if (palette != null) {
            palette.close();
            palette = null;
        }
        sws_freeContext(converter);
        converter = null;
        av_packet_free(packet);
        av_frame_free(source);
        av_frame_free(converted);
        avcodec_free_context(codec);
        if (!container.isNull()) {
            AVIOContext io = container.pb();
            if (io != null) {
                container.pb(null);
                avio_close(io);
            }
            avformat_free_context(container);
            container.setNull();
        }
    }
}
