package ai.ingredients.media;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.InputFile;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Reads photos as the reference's {@code load_image(...).convert("RGB")} does: JPEG (also gray and CMYK), PNG, WebP,
 * GIF (first frame) and BMP, turned upright as {@link PictureOrientation} finds it, alpha dropped without compositing,
 * gray repeated.
 *
 * <p>One difference by intent: Pillow clips 16-bit gray PNGs to 255, which leaves a white picture; here the high byte
 * is taken, as both do for 16-bit colour.
 *
 * <p>Broken files are refused, never half-decoded: {@link PictureFile} checks the structure before OpenCV sees the
 * bytes, walks through their compressed pixels where decoders would fill gaps with gray, and holds their size against
 * that of the file.
 *
 * <p>Thread-safe.
 */
public final class PictureReader {
    /** Pixels above which Pillow refuses a file as a decompression bomb. */
    static final long MAX_PIXELS = 178_956_970L;

    private static final long MAX_BYTES = 512L << 20;

    private PictureReader() {}

    /**
     * A photo reduced to a size to work with.
     *
     * @param picture the reduced photo
     * @param originalWidth pixels of the upright photo before reduction
     * @param originalHeight rows of the upright photo before reduction
     */
    public record Fitted(Picture picture, int originalWidth, int originalHeight) {}

    /**
     * Reads {@code file} at full size.
     *
     * @throws InvalidInputException in one line that begins with {@code file}: no such file, a folder, empty, not a
     *     picture, truncated, damaged, or more than 178,956,970 pixels
     */
    public static Picture read(Path file) {
        return readFitted(file, Integer.MAX_VALUE).picture();
    }

    /**
     * Reads {@code file} and, when its longer side exceeds {@code longSide}, reduces it so that this side is {@code
     * longSide}, with OpenCV's Lanczos: the reference's {@code resize_numpy_image_long}. The full-size pixels never
     * enter Java's heap.
     *
     * @throws InvalidInputException as {@link #read}
     */
    public static Fitted readFitted(Path file, int longSide) {
        return readFitted(file.toString(), readBytes(file), longSide);
    }

    /**
     * As {@link #readFitted(Path, int)}, for a file that is in memory.
     *
     * @param name how messages call it
     */
    public static Fitted readFitted(String name, byte[] bytes, int longSide) {
        PictureFile.check(name, bytes);
        try (PointerScope scope = new PointerScope()) {
            return fitted(decode(name, bytes), longSide);
        }
    }

    /** As {@link #readFitted(Path, int)}, for what is read; {@code picture} itself when it is small enough. */
    public static Fitted fitted(Picture picture, int longSide) {
        if (picture.longSide() <= longSide) {
            return new Fitted(picture, picture.width(), picture.height());
        }
        try (PointerScope scope = new PointerScope()) {
            return fitted(OpenCv.matrix(picture), longSide);
        }
    }

    private static Fitted fitted(Mat whole, int longSide) {
        int width = whole.cols();
        int height = whole.rows();
        int longest = Math.max(width, height);
        Mat fitted = whole;
        if (longest > longSide) {
            double factor = (double) longSide / longest;
            int smallWidth = Math.max((int) (width * factor), 1);
            int smallHeight = Math.max((int) (height * factor), 1);
            fitted = Resampling.openCv(whole, smallWidth, smallHeight, Resampling.OpenCvFilter.LANCZOS4);
        }
        return new Fitted(OpenCv.picture(fitted), width, height);
    }

    private static byte[] readBytes(Path file) {
        try {
            byte[] bytes = InputFile.read(file, "a picture file (JPEG, PNG or WebP)", MAX_BYTES);
            if (bytes.length == 0) {
                throw new InvalidInputException(file + ": is empty; choose another photo");
            }
            return bytes;
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": cannot be read (" + IoReason.of(e) + "); check its permissions", e);
        }
    }

    /** The upright picture in R, G, B order, owned by the innermost scope. */
    private static Mat decode(String name, byte[] bytes) {
        OpenCv.load();
        byte[] taken = PictureFile.forOpenCv(bytes);
        Mat encoded = new Mat(1, taken.length, opencv_core.CV_8UC1, new BytePointer(taken));
        Mat decoded;
        try {
            decoded = opencv_imgcodecs.imdecode(
                    encoded, opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION);
        } catch (RuntimeException e) { // how JavaCPP passes on cv::Exception
            throw new InvalidInputException(name + ": is damaged and cannot be decoded; choose another photo", e);
        }
        if (decoded == null || decoded.empty()) {
            throw new InvalidInputException(
                    name + ": is damaged or of an unusual kind and cannot be decoded; save it again"
                            + " as plain JPEG or PNG");
        }
        return PictureOrientation.of(bytes).apply(decoded);
    }
}
