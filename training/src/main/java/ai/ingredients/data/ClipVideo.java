package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.VideoReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The frames of a clip by number, from a video file or a folder of PNG files. Not thread-safe. */
final class ClipVideo implements AutoCloseable {
    private final Path path;
    private final @Nullable VideoReader video;
    private final List<Path> pictures;
    private final int width;
    private final int height;

    private ClipVideo(Path path, @Nullable VideoReader video, List<Path> pictures, int width, int height) {
        this.path = path;
        this.video = video;
        this.pictures = pictures;
        this.width = width;
        this.height = height;
    }

    /** @throws InvalidInputException when there is no video, naming the file */
    static ClipVideo open(Path path) {
        if (!Files.isDirectory(path)) {
            VideoReader video = VideoReader.open(path);
            return new ClipVideo(path, video, List.of(), video.width(), video.height());
        }
        List<Path> pictures = FrameFolder.list(path);
        if (pictures.isEmpty()) {
            throw new InvalidInputException(path + ": holds no frames frame_0000.png, frame_0001.png, …");
        }
        Picture first = PictureReader.read(pictures.getFirst());
        return new ClipVideo(path, null, pictures, first.width(), first.height());
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    int count() {
        return video == null ? pictures.size() : video.count();
    }

    /** @throws InvalidInputException when it cannot be read, or the video ends before it */
    Picture frame(int number) {
        if (video == null ? number >= pictures.size() : !video.has(number)) {
            throw new InvalidInputException(
                    path + ": has " + count() + " frames, its track tells of frame " + number + " and more");
        }
        Picture frame = video == null ? PictureReader.read(pictures.get(number)) : video.frame(number);
        if (frame.width() != width || frame.height() != height) {
            throw new InvalidInputException(
                    pictures.get(number) + ": is a " + frame + ", the first frame is one of " + width + "x" + height);
        }
        return frame;
    }

    @Override
    public void close() {
        if (video != null) {
            video.close();
        }
    }
}
