package ai.ingredients.media;

import ai.ingredients.tensor.NativeSettings;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The door between {@link Picture} and OpenCV's matrices. The natives load on first use (about a second), not before.
 *
 * <p>Matrices are native memory: callers open an {@link org.bytedeco.javacpp.PointerScope} around them.
 */
public final class OpenCv {
    private OpenCv() {}

    /** Loads OpenCV if it is not loaded yet; thread-safe. */
    public static void load() {
        NativeSettings.settle();
        Loader.load(opencv_imgproc.class);
    }

    /** A copy of {@code picture} as an 8-bit matrix with 3 channels in R, G, B order, owned by the innermost scope. */
    public static Mat matrix(Picture picture) {
        load();
        Mat matrix = new Mat(picture.height(), picture.width(), opencv_core.CV_8UC3);
        matrix.data().put(picture.rgb(), 0, picture.rgb().length);
        return matrix;
    }

    /** A copy of {@code matrix}, which is 8-bit with 3 channels in R, G, B order. */
    public static Picture picture(Mat matrix) {
        Mat dense = matrix.isContinuous() ? matrix : matrix.clone();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(dense.rows(), dense.cols()), 3)];
        new BytePointer(dense.data()).get(rgb, 0, rgb.length);
        return new Picture(dense.cols(), dense.rows(), rgb);
    }
}
