package ai.ingredients.media;

import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AV_LOG_QUIET;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_iterate;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;
import static org.bytedeco.ffmpeg.global.avutil.av_log_set_level;
import static org.bytedeco.ffmpeg.global.avutil.av_max_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_strerror;

import ai.ingredients.OperationFailedException;
import ai.ingredients.tensor.NativeSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVDictionaryEntry;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * What reader and writer share of ffmpeg's C interface: loading it (avutil, avcodec, avformat, swscale and the swresample
 * they are linked to; avfilter for GIFs only, never avdevice), error codes, dictionaries and pixels.
 *
 * <p>Structures that ffmpeg allocates are invisible to JavaCPP's scopes and freed by hand; small Java-made ones
 * (strings, fractions) die with the {@code PointerScope} of the method that made them.
 */
final class Ffmpeg {
    /** The largest block ffmpeg may ask for: an 8K frame of 16 bits and four channels. A file's header may ask for more. */
    private static final long MOST_BYTES = 8 * VideoSource.MOST_PIXELS + (1 << 20);
    /** {@code ENOSPC}. */
    private static final int DISK_FULL = -28;

    private Ffmpeg() {}

    /**
     * Loads ffmpeg's libraries if they are not loaded yet (a third of a second) and silences their log, which would go
     * to stderr.
     *
     * @throws OperationFailedException when they cannot be loaded
     */
    static void load() {
        NativeSettings.settle();
        try {
            for (Class<?> library : List.of(avutil.class, avcodec.class, avformat.class, swscale.class)) {
                Loader.load(library);
            }
            av_log_set_level(AV_LOG_QUIET);
            av_max_alloc(MOST_BYTES);
        } catch (LinkageError e) {
            throw new OperationFailedException(
                    "ffmpeg's libraries could not be loaded (" + e.getMessage() + "); is the cache folder writable?",
                    e);
        }
    }

    /** Whether a codec wants more input before it gives output. */
    static boolean isAgain(int code) {
        return code == org.bytedeco.ffmpeg.presets.avutil.AVERROR_EAGAIN();
    }

    /** Whether the end of the stream is reached. */
    static boolean isEnd(int code) {
        return code == AVERROR_EOF;
    }

    /** A path that ffmpeg takes literally, even when it holds a colon or a percent sign. */
    static String url(Path path) {
        return "file:" + path.toAbsolutePath();
    }

    /** What ffmpeg says about a negative return code, in a few words. */
    static String reason(int code) {
        if (code == DISK_FULL) {
            return "disk full; free some space and run it again";
        }
        byte[] text = new byte[128];
        av_strerror(code, text, text.length);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    /** A dictionary that the caller frees with {@code av_dict_free}; call inside a {@code PointerScope}. */
    static AVDictionary dictionary(Map<String, String> entries) {
        AVDictionary dictionary = new AVDictionary((Pointer) null);
        entries.forEach((key, value) -> put(dictionary, key, value));
        return dictionary;
    }

    /** Adds a UTF-8 entry; call inside a {@code PointerScope}. */
    static void put(AVDictionary dictionary, String key, String value) {
        av_dict_set(
                dictionary,
                new BytePointer(key, StandardCharsets.UTF_8),
                new BytePointer(value, StandardCharsets.UTF_8),
                0);
    }

    /** The entries of a dictionary in their order; an absent one is empty. */
    static Map<String, String> entries(@Nullable AVDictionary dictionary) {
        Map<String, String> entries = new LinkedHashMap<>();
        if (dictionary != null && !dictionary.isNull()) {
            AVDictionaryEntry entry = av_dict_iterate(dictionary, null);
            while (entry != null) {
                entries.put(
                        entry.key().getString(StandardCharsets.UTF_8),
                        entry.value().getString(StandardCharsets.UTF_8));
                entry = av_dict_iterate(dictionary, entry);
            }
        }
        return entries;
    }

    /** Copies tightly packed RGB rows into the first plane of {@code frame}, whose rows may be padded. */
    static void copyInto(AVFrame frame, byte[] rgb, int rowBytes, int rows) {
        BytePointer plane = frame.data(0);
        long stride = frame.linesize(0);
        for (int y = 0; y < rows; y++) {
            plane.position(y * stride).put(rgb, y * rowBytes, rowBytes);
        }
    }

    /** The reverse of {@link #copyInto}. */
    static byte[] copyOut(AVFrame frame, int rowBytes, int rows) {
        byte[] rgb = new byte[rowBytes * rows];
        BytePointer plane = frame.data(0);
        long stride = frame.linesize(0);
        for (int y = 0; y < rows; y++) {
            plane.position(y * stride).get(rgb, y * rowBytes, rowBytes);
        }
        return rgb;
    }
}
