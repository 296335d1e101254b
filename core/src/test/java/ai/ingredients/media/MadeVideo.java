package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;
import static org.bytedeco.ffmpeg.global.swscale.*;

import java.nio.file.Path;
import java.util.List;
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

/** Videos in any container and codec our ffmpeg can write, with the oddities that files in the world have. */
final class MadeVideo {
    /** When frames are shown, in sixtieths of a second. */
    enum Times {
        STEADY,
        VARYING,
        NEGATIVE,
        LATE
    }

    /** Whether there is a cover picture beside the video, or in its place. */
    enum Cover {
        NONE,
        BESIDE,
        ALONE
    }

    private final String muxer;
    private final String codec;
    private final int pixelFormat;
    private int keyframeEvery = 12;
    private int betweenFrames;
    private int flags;
    private Times times = Times.STEADY;
    private Cover cover = Cover.NONE;
    private int cut;
    private Map<String, String> codecOptions = Map.of();

    MadeVideo(String muxer, String codec, int pixelFormat) {
        this.muxer = muxer;
        this.codec = codec;
        this.pixelFormat = pixelFormat;
    }

    /** Whole frames at this distance. */
    MadeVideo every(int frames) {
        keyframeEvery = frames;
        return this;
    }

    /** B-frames between references, at most. */
    MadeVideo between(int frames) {
        betweenFrames = frames;
        return this;
    }

    MadeVideo flags(int more) {
        flags |= more;
        return this;
    }

    MadeVideo at(Times when) {
        times = when;
        return this;
    }

    /** Without its first packets. */
    MadeVideo cut(int packets) {
        cut = packets;
        return this;
    }

    MadeVideo options(Map<String, String> codecOptions) {
        this.codecOptions = codecOptions;
        return this;
    }

    MadeVideo cover(Cover cover) {
        this.cover = cover;
        return this;
    }

    boolean isCut() {
        return cut > 0;
    }

    /** Frames before the time 0, which mp4 keeps and does not show. */
    int hidden() {
        return times == Times.NEGATIVE && muxer.equals("mp4") ? 6 : 0;
    }

    String muxer() {
        return muxer;
    }

    String codec() {
        return codec;
    }

    @Override
    public String toString() {
        return codec + " in " + muxer + ", a whole frame every " + keyframeEvery + ", " + betweenFrames
                + " between, flags " + Integer.toHexString(flags) + ", " + times + ", " + cut + " cut, " + codecOptions;
    }

    private long time(int frame) {
        return switch (times) {
            case STEADY -> 6L * frame;
            case VARYING -> 6L * frame + (frame % 3 == 1 ? 4 : 0) + (frame > 10 ? 30 : 0);
            case NEGATIVE -> 6L * frame - 36;
            case LATE -> 6L * frame + 600;
        };
    }

    /** Writes {@code frames}; ffmpeg is loaded. */
    Path write(Path file, List<Picture> frames) {
        Ffmpeg.load();
        try (PointerScope scope = new PointerScope()) {
            AVFormatContext container = new AVFormatContext((Pointer) null);
            check(avformat_alloc_output_context2(container, null, muxer, file.toString()));
            AVCodec encoder = avcodec_find_encoder_by_name(codec);
            AVCodecContext context = avcodec_alloc_context3(encoder);
            Picture first = frames.getFirst();
            int width = first.width();
            int height = first.height();
            context.width(width).height(height).pix_fmt(pixelFormat);
            context.time_base(fraction(1, 60));
            context.framerate(fraction(10, 1));
            context.gop_size(keyframeEvery).max_b_frames(betweenFrames).thread_count(1);
            context.bit_rate(4_000_000);
            context.flags(context.flags() | flags);
            if ((container.oformat().flags() & AVFMT_GLOBALHEADER) != 0) {
                context.flags(context.flags() | AV_CODEC_FLAG_GLOBAL_HEADER);
            }
            context.strict_std_compliance(-2);
            AVDictionary options = Ffmpeg.dictionary(codecOptions);
            check(avcodec_open2(context, encoder, options));
            av_dict_free(options);
            AVStream stream = avformat_new_stream(container, null);
            stream.time_base(fraction(1, 60));
            stream.avg_frame_rate(fraction(10, 1));
            check(avcodec_parameters_from_context(stream.codecpar(), context));
            stream.codecpar().codec_tag(0);
            if (cover != Cover.NONE) {
                AVStream art = cover == Cover.ALONE ? stream : avformat_new_stream(container, null);
                art.codecpar()
                        .codec_type(AVMEDIA_TYPE_VIDEO)
                        .codec_id(AV_CODEC_ID_PNG)
                        .width(1)
                        .height(1);
                art.disposition(AV_DISPOSITION_ATTACHED_PIC);
            }
            AVIOContext io = new AVIOContext((Pointer) null);
            check(avio_open(io, file.toString(), AVIO_FLAG_WRITE));
            container.pb(io);
            check(avformat_write_header(container, (AVDictionary) null));
            if (cover != Cover.NONE) {
                byte[] png = Png.encode(Picture.filled(1, 1, 255, 0, 0));
                AVPacket art = av_packet_alloc();
                check(av_new_packet(art, png.length));
                art.data().put(png);
                art.stream_index(container.nb_streams() - 1).pts(0).dts(0).flags(AV_PKT_FLAG_KEY);
                check(av_interleaved_write_frame(container, art));
                av_packet_free(art);
            }

            AVFrame source = frame(AV_PIX_FMT_RGB24, width, height);
            AVFrame picture = frame(pixelFormat, width, height);
            SwsContext converter = sws_getContext(
                    width,
                    height,
                    AV_PIX_FMT_RGB24,
                    width,
                    height,
                    pixelFormat,
                    SWS_BICUBIC,
                    (SwsFilter) null,
                    null,
                    (DoublePointer) null);
            AVPacket packet = av_packet_alloc();
            int[] written = {0};
            for (int i = 0; i < frames.size() && cover != Cover.ALONE; i++) {
                check(av_frame_make_writable(picture));
                Ffmpeg.copyInto(source, frames.get(i).rgb(), width * 3, height);
                check(sws_scale(
                        converter, source.data(), source.linesize(), 0, height, picture.data(), picture.linesize()));
                picture.pts(time(i)).duration(6);
                if ((flags & AV_CODEC_FLAG_INTERLACED_DCT) != 0) {
                    picture.flags(
                            picture.flags() | AVFrame.AV_FRAME_FLAG_INTERLACED | AVFrame.AV_FRAME_FLAG_TOP_FIELD_FIRST);
                }
                check(avcodec_send_frame(context, picture));
                drain(container, context, packet, written);
            }
            check(avcodec_send_frame(context, null));
            drain(container, context, packet, written);
            check(av_write_trailer(container));
            av_packet_free(packet);
            av_frame_free(source);
            av_frame_free(picture);
            sws_freeContext(converter);
            avcodec_free_context(context);
            container.pb(null);
            check(avio_close(io));
            avformat_free_context(container);
        }
        return file;
    }

    private void drain(AVFormatContext container, AVCodecContext context, AVPacket packet, int[] written) {
        int code = avcodec_receive_packet(context, packet);
        while (code >= 0) {
            if (written[0]++ < cut) {
                av_packet_unref(packet);
            } else {
                if (packet.duration() == 0) {
                    packet.duration(6);
                }
                av_packet_rescale_ts(
                        packet, context.time_base(), container.streams(0).time_base());
                check(av_interleaved_write_frame(container, packet));
            }
            code = avcodec_receive_packet(context, packet);
        }
        if (!Ffmpeg.isAgain(code) && !Ffmpeg.isEnd(code)) {
            check(code);
        }
    }

    private static AVFrame frame(int pixelFormat, int width, int height) {
        AVFrame frame = av_frame_alloc();
        frame.format(pixelFormat).width(width).height(height);
        check(av_frame_get_buffer(frame, 0));
        return frame;
    }

    private static AVRational fraction(int numerator, int denominator) {
        return new AVRational().num(numerator).den(denominator);
    }

    private static void check(int code) {
        if (code < 0) {
            throw new IllegalStateException("a test video cannot be made: " + Ffmpeg.reason(code));
        }
    }
}
