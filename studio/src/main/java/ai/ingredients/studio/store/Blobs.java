package ai.ingredients.studio.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files that all processes of a studio see, under keys such as {@code videos/video_…/1/video.mp4}. {@link DiskBlobs} is the
 * one we have; an object store can take its place. Keys are made by the studio, of ids and fixed words. Thread-safe.
 */
public interface Blobs {
    /** A file that is there. */
    interface Blob {
        /** Bytes. */
        long size();

        /** Milliseconds since 1970. */
        long modified();

        /** Its bytes from {@code offset} on; the caller closes it. */
        InputStream open(long offset) throws IOException;

        /** All of it. */
        default byte[] bytes() throws IOException {
            try (InputStream in = open(0)) {
                return in.readAllBytes();
            }
        }
    }

    /** Keeps {@code bytes} under {@code key}: whole or not at all, and on the disk when this returns. */
    void put(String key, byte[] bytes);

    /** The file under {@code key}; none when there is none. */
    @Nullable
    Blob find(String key);

    /**
     * A folder on this machine's disk for what is being made and shall be found under {@code key} and a name; what is written
     * there by atomic renames is a blob at once. Made when it is missing.
     */
    Path folder(String key);

    /** Removes all under {@code prefix}, a folder. Does nothing when there is none. */
    void removeAll(String prefix);

    /** The names right under {@code prefix}. */
    List<String> names(String prefix);
}
