package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avformat.AVSEEK_FORCE;
import static org.bytedeco.ffmpeg.global.avformat.AVSEEK_SIZE;
import static org.bytedeco.ffmpeg.global.avformat.avio_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avio_context_free;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.av_free;
import static org.bytedeco.ffmpeg.global.avutil.av_malloc;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.Read_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avformat.Seek_Pointer_long_int;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The bytes of one file for ffmpeg, which thereby never opens a file by itself: what a playlist or a reference in a video
 * names stays closed. Open and close inside a {@code PointerScope}. Not thread-safe.
 */
final class VideoInput implements AutoCloseable {
    private static final int BUFFER = 1 << 16;
    /** {@code EIO}. */
    private static final int CANNOT_READ = -5;
    /** {@code EINVAL}. */
    private static final int CANNOT_SEEK = -22;

    /** Callbacks are few in JavaCPP, so all inputs share them and are told apart by the address of their marker. */
    private static final Map<Long, VideoInput> OPEN = new ConcurrentHashMap<>();

    private final FileChannel file;
    private final long size;
    private final Pointer marker;
    private final AVIOContext context;
    private long position;

    /**
     * Opens {@code path}, a regular file; ffmpeg's libraries are loaded.
     *
     * @throws InvalidInputException when it cannot be opened
     */
    VideoInput(Path path) {
        try {
            file = FileChannel.open(path, StandardOpenOption.READ);
            size = file.size();
        } catch (IOException e) {
            throw new InvalidInputException(path + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
        marker = av_malloc(1);
        OPEN.put(marker.address(), this);
        context = avio_alloc_context(
                new BytePointer(av_malloc(BUFFER)), BUFFER, 0, marker, Callbacks.READ, null, Callbacks.SEEK);
    }

    /** What ffmpeg reads from. */
    AVIOContext context() {
        return context;
    }

    /** Bytes in the file. */
    long size() {
        return size;
    }

    /** Up to a hundred bytes from the start as text, whatever they are; no byte order mark. */
    String beginning() {
        ByteBuffer head = ByteBuffer.allocate(100);
        try {
            file.read(head, 0);
        } catch (IOException e) {
            return ""; // ffmpeg will meet the same fault
        }
        String text = new String(head.array(), 0, head.position(), StandardCharsets.UTF_8);
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private int read(BytePointer target, int most) {
        int wanted = (int) Math.min(most, size - position);
        if (wanted <= 0) {
            return AVERROR_EOF;
        }
        try {
            ByteBuffer buffer = target.capacity(wanted).asByteBuffer();
            int count = file.read(buffer, position);
            if (count <= 0) {
                return AVERROR_EOF;
            }
            position += count;
            return count;
        } catch (IOException e) {
            return CANNOT_READ;
        }
    }

    private long seek(long offset, int whence) {
        int kind = whence & ~AVSEEK_FORCE;
        if (kind == AVSEEK_SIZE) {
            return size;
        }
        long base = kind == 0 ? 0 : kind == 1 ? position : kind == 2 ? size : -1;
        if (base < 0 || base + offset < 0) {
            return CANNOT_SEEK;
        }
        position = base + offset;
        return position;
    }

    @Override
    public void close() {
        OPEN.remove(marker.address());
        av_free(context.buffer());
        avio_context_free(context);
        av_free(marker);
        try {
            file.close();
        } catch (IOException e) {
            // It was only read: nothing is lost.
            return;
        }
    }

    /** Made after ffmpeg's libraries are loaded, and never freed. */
    private static final class Callbacks {
        static final Read READ = new Read();
        static final Seek SEEK = new Seek();
    }

    private static final class Read extends Read_packet_Pointer_BytePointer_int {
        Read() {
            retainReference(); // no scope frees it
        }

        @Override
        public int call(Pointer opaque, BytePointer buffer, int length) {
            VideoInput input = OPEN.get(opaque.address());
            return input == null ? CANNOT_READ : input.read(buffer, length);
        }
    }

    private static final class Seek extends Seek_Pointer_long_int {
        Seek() {
            retainReference(); // no scope frees it
        }

        @Override
        public long call(Pointer opaque, long offset, int whence) {
            VideoInput input = OPEN.get(opaque.address());
            return input == null ? CANNOT_SEEK : input.seek(offset, whence);
        }
    }
}
