package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_FLAG_PAL;
import static org.bytedeco.ffmpeg.global.avutil.av_image_get_linesize;
import static org.bytedeco.ffmpeg.global.avutil.av_pix_fmt_desc_get;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.javacpp.BytePointer;

/**
 * By what the frames of a video are recognised after a jump: their times and a checksum of their pixels. Twelve bytes a
 * frame. Use inside a {@code PointerScope}.
 */
final class FrameMarks {
    private static final int PALETTE_BYTES = 256 * 4;

    private long[] times = new long[64];
    private int[] sums = new int[64];
    private int size;

    /** How many frames are marked, from the first on. */
    int size() {
        return size;
    }

    /** Marks the frame after the last one. */
    void add(AVFrame frame) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            sums = Arrays.copyOf(sums, size * 2);
        }
        times[size] = frame.best_effort_timestamp();
        sums[size] = sum(frame);
        size++;
    }

    /** When frame {@code index} is shown, in the stream's units, or {@code AV_NOPTS_VALUE}. */
    long time(int index) {
        return times[index];
    }

    /** Whether the frame has a time, and its neighbours others. */
    boolean isUnique(int index) {
        long time = times[index];
        return time != AV_NOPTS_VALUE
                && (index == 0 || times[index - 1] < time)
                && (index + 1 == size || times[index + 1] > time);
    }

    /** Whether {@code frame} is the one marked as {@code index}, to the pixel. */
    boolean fits(int index, AVFrame frame) {
        return times[index] == frame.best_effort_timestamp() && sums[index] == sum(frame);
    }

    /** Over the pixels alone: rows are padded with whatever was in memory. */
    private static int sum(AVFrame frame) {
        CRC32C sum = new CRC32C();
        AVPixFmtDescriptor format = av_pix_fmt_desc_get(frame.format());
        if ((format.flags() & AV_PIX_FMT_FLAG_PAL) != 0) {
            sum.update(frame.data(1).capacity(PALETTE_BYTES).asByteBuffer());
        }
        for (int plane = 0; plane < 4; plane++) {
            BytePointer data = frame.data(plane);
            int rowBytes = av_image_get_linesize(frame.format(), frame.width(), plane);
            if (data == null || rowBytes <= 0) {
                break;
            }
            boolean colour = plane == 1 || plane == 2;
            int rows = colour ? -(-frame.height() >> format.log2_chroma_h()) : frame.height();
            int stride = frame.linesize(plane);
            // A negative stride stores the last row first.
            ByteBuffer row = data.position(stride < 0 ? (long) stride * (rows - 1) : 0)
                    .capacity(data.position() + (long) Math.abs(stride) * (rows - 1) + rowBytes)
                    .asByteBuffer();
            for (int y = 0; y < rows; y++) {
                int start = (stride < 0 ? rows - 1 - y : y) * Math.abs(stride);
                sum.update(row.clear().position(start).limit(start + rowBytes));
            }
        }
        return (int) sum.getValue();
    }
}
