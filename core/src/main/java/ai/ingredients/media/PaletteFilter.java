package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avfilter.AV_BUFFERSRC_FLAG_KEEP_REF;
import static org.bytedeco.ffmpeg.global.avfilter.av_buffersink_get_frame;
import static org.bytedeco.ffmpeg.global.avfilter.av_buffersrc_add_frame_flags;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_get_by_name;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_alloc;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_config;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_create_filter;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_free;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_graph_parse_ptr;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_inout_alloc;
import static org.bytedeco.ffmpeg.global.avfilter.avfilter_inout_free;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_unref;
import static org.bytedeco.ffmpeg.global.avutil.av_strdup;

import java.util.function.IntConsumer;
import org.bytedeco.ffmpeg.avfilter.AVFilterContext;
import org.bytedeco.ffmpeg.avfilter.AVFilterGraph;
import org.bytedeco.ffmpeg.avfilter.AVFilterInOut;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avfilter;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/**
 * The 256 colours that suit a whole video, and its frames in them: ffmpeg's {@code palettegen} and {@code paletteuse}. All
 * frames are kept until {@link #end}. Owns native memory until {@link #close}. Not thread-safe.
 */
final class PaletteFilter implements AutoCloseable {
    private static final String CHAIN =
            "split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=sierra2_4a:diff_mode=rectangle";

    private final IntConsumer check;
    private final AVFilterGraph graph;
    private final AVFilterContext in = new AVFilterContext((Pointer) null);
    private final AVFilterContext out = new AVFilterContext((Pointer) null);

    /** @param check takes ffmpeg's return codes and throws for those that tell of an error */
    PaletteFilter(int width, int height, FrameRate rate, IntConsumer check) {
        this.check = check;
        Loader.load(avfilter.class);
        graph = avfilter_graph_alloc();
        boolean ready = false;
        try {
            graph.nb_threads(1);
            String source = "video_size=" + width + "x" + height + ":pix_fmt=" + AV_PIX_FMT_RGB24 + ":time_base="
                    + rate.denominator() + "/" + rate.numerator() + ":pixel_aspect=1/1";
            check.accept(avfilter_graph_create_filter(in, avfilter_get_by_name("buffer"), "in", source, null, graph));
            check.accept(avfilter_graph_create_filter(
                    out, avfilter_get_by_name("buffersink"), "out", (String) null, null, graph));
            connect();
            ready = true;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    private void connect() {
        AVFilterInOut first = end("in", in);
        AVFilterInOut last = end("out", out);
        try {
            check.accept(avfilter_graph_parse_ptr(graph, CHAIN, last, first, null));
            check.accept(avfilter_graph_config(graph, null));
        } finally {
            avfilter_inout_free(first);
            avfilter_inout_free(last);
        }
    }

    private static AVFilterInOut end(String name, AVFilterContext filter) {
        BytePointer copy = av_strdup(new BytePointer(name)); // freed with the end
        return avfilter_inout_alloc().name(copy).filter_ctx(filter).pad_idx(0).next(null);
    }

    /** Takes an RGB frame; it is referred to until {@link #end}, so write into it only once it is made writable. */
    void add(AVFrame frame) {
        check.accept(av_buffersrc_add_frame_flags(in, frame, AV_BUFFERSRC_FLAG_KEEP_REF));
    }

    /** Gives out all frames, one after the other in {@code frame}. */
    void end(AVFrame frame, Runnable each) {
        check.accept(av_buffersrc_add_frame_flags(in, null, 0));
        int code = av_buffersink_get_frame(out, frame);
        while (code >= 0) {
            each.run();
            av_frame_unref(frame);
            code = av_buffersink_get_frame(out, frame);
        }
        if (!Ffmpeg.isEnd(code)) {
            check.accept(code);
        }
    }

    @Override
    public void close() {
        avfilter_graph_free(graph);
    }
}
