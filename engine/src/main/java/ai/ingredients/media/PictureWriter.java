package ai.ingredients.media;

import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/** Writes pictures as PNG. Thread-safe. */
public final class PictureWriter {
    private PictureWriter() {}

    /**
     * Writes {@code picture} to {@code file}, replacing what was there in one step: a reader sees the old picture or the
     * whole new one. Missing folders are made.
     *
     * @throws OperationFailedException when the file cannot be written
     */
    public static void png(Path file, Picture picture) {
        Path target = file.toAbsolutePath();
        Path folder = target.getParent();
        if (folder == null || Files.isDirectory(target)) {
            throw new OperationFailedException(file + ": is a folder; name a file to write the picture to");
        }
        try {
            Files.createDirectories(folder);
            Path part = Files.createTempFile(folder, "." + target.getFileName(), ".part");
            try {
                Files.write(part, encode(picture));
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new OperationFailedException(
                    file + ": the picture could not be written (" + e + "); check the folder and the free space", e);
        }
    }

    private static byte[] encode(Picture picture) {
        try (PointerScope scope = new PointerScope()) {
            Mat bgr = new Mat();
            opencv_imgproc.cvtColor(OpenCv.matrix(picture), bgr, opencv_imgproc.COLOR_RGB2BGR);
            BytePointer png = new BytePointer();
            if (!opencv_imgcodecs.imencode(".png", bgr, png)) {
                throw new OperationFailedException("the " + picture + " could not be encoded as PNG");
            }
            byte[] bytes = new byte[Math.toIntExact(png.limit())];
            png.get(bytes);
            return bytes;
        }
    }
}
