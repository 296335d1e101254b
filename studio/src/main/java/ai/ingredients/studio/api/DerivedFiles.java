package ai.ingredients.studio.api;

import ai.ingredients.Video;
import ai.ingredients.media.FrameRate;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoReader;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.studio.jobs.VideoFiles;
import ai.ingredients.studio.store.Blobs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Forms of a video that few ask for, made of the video itself when somebody does, one at a time. Their frames are those of the
 * mp4: a little less sharp than what the model made. Thread-safe.
 */
final class DerivedFiles {
    static final String GIF = "video.gif";
    static final String WEBM = "video.webm";
    static final String FRAMES = "frames.zip";

    private final Blobs blobs;
    private final ReentrantLock lock = new ReentrantLock();

    DerivedFiles(Blobs blobs) {
        this.blobs = blobs;
    }

    /** Makes the file if it is not there. */
    void make(String folder, String name) throws IOException {
        if (blobs.find(folder + "/" + name) != null) {
            return;
        }
        lock.lock();
        try {
            if (blobs.find(folder + "/" + name) == null && blobs.find(folder + "/" + VideoFiles.VIDEO) != null) {
                Path video = blobs.folder(folder).resolve(VideoFiles.VIDEO);
                List<Picture> frames = VideoReader.readAll(video);
                FrameRate rate;
                try (VideoReader reader = VideoReader.open(video)) {
                    rate = reader.rate();
                }
                if (name.equals(FRAMES)) {
                    blobs.put(folder + "/" + name, zip(frames));
                } else {
                    write(blobs.folder(folder).resolve(name), frames, rate);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static void write(Path file, List<Picture> frames, FrameRate rate) {
        Picture first = frames.getFirst();
        try (VideoWriter writer =
                VideoWriter.create(file, first.width(), first.height(), VideoWriter.Settings.at(rate))) {
            Video.MARK.forEach(writer::metadata);
            frames.forEach(writer::add);
            writer.finish();
        }
    }

    private static byte[] zip(List<Picture> frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(0); // PNG is compressed already
            for (int i = 0; i < frames.size(); i++) {
                zip.putNextEntry(new ZipEntry(String.format(Locale.ROOT, "frame_%04d.png", i)));
                zip.write(Png.encode(frames.get(i), Video.MARK));
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }
}
