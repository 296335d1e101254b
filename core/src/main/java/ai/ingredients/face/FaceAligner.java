package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.OpenCv;
import ai.ingredients.media.Picture;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.global.opencv_calib3d;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * Turns, scales and moves a photo so that a face lies where the faces of FFHQ lie in 512x512 pixels.
 *
 * <p>Source: facexlib's {@code FaceRestoreHelper.align_warp_face}. The similarity is OpenCV's least-median-of-squares
 * estimate with its refinement, not plain least squares; what lies beyond the photo becomes gray (R 132, G 133, B 135).
 *
 * <p>Thread-safe; OpenCV loads on first use.
 */
public final class FaceAligner {
    /** Side of an aligned face, pixels. */
    public static final int SIZE = 512;

    /** Left eye, right eye, nose, corners of the mouth in an aligned face. */
    private static final double[] TEMPLATE = {
        192.98138, 239.94708, 318.90277, 240.1936, 256.63416, 314.01935, 201.26117, 371.41043, 313.08905, 371.15118
    };

    private static final int[] GRAY = {132, 133, 135};

    private static final double MAX_DISTANCE = 3; // ignored by LMEDS; OpenCV's default, as are the next three
    private static final long MAX_ROUNDS = 2000;
    private static final double CONFIDENCE = 0.99;
    private static final long REFINEMENTS = 10;

    private FaceAligner() {}

    /**
     * The similarity from the photo to the aligned face.
     *
     * @param landmarks five points in pixels of the photo
     * @return a 2x3 matrix by rows
     * @throws InvalidInputException when the points do not determine one, for instance all coincide
     */
    public static double[] matrix(List<Face.Point> landmarks) {
        OpenCv.load();
        Loader.load(opencv_calib3d.class);
        try (PointerScope scope = new PointerScope()) {
            Mat estimate = opencv_calib3d.estimateAffinePartial2D(
                    points(coordinates(landmarks)),
                    points(TEMPLATE),
                    new Mat(),
                    opencv_calib3d.LMEDS,
                    MAX_DISTANCE,
                    MAX_ROUNDS,
                    CONFIDENCE,
                    REFINEMENTS);
            if (estimate == null || estimate.empty()) {
                throw new InvalidInputException("the five landmarks " + landmarks
                        + " do not determine how the face lies; expected eyes, nose and corners of the mouth");
            }
            double[] matrix = new double[6];
            new DoublePointer(estimate.data()).get(matrix);
            return matrix;
        }
    }

    /**
     * Cuts an aligned face out of {@code photo}.
     *
     * @return {@value #SIZE}x{@value #SIZE} pixels
     * @throws InvalidInputException as {@link #matrix}
     */
    public static Picture crop(Picture photo, List<Face.Point> landmarks) {
        return warp(photo, matrix(landmarks), SIZE, GRAY);
    }

    /**
     * As {@link #crop(Picture, List)} in another size, straight from the photo. Where that is smaller than the face in the
     * photo it differs from a resized crop as linear interpolation does.
     *
     * @return {@code side}x{@code side} pixels
     */
    public static Picture crop(Picture photo, List<Face.Point> landmarks, int side) {
        double[] matrix = matrix(landmarks);
        double scale = (double) side / SIZE;
        for (int i = 0; i < matrix.length; i++) {
            matrix[i] *= scale;
        }
        // Pixel centres lie at whole numbers, so the edge at −½ is what scaling leaves in place.
        matrix[2] += (scale - 1) / 2;
        matrix[5] += (scale - 1) / 2;
        return warp(photo, matrix, side, GRAY);
    }

    /** {@code photo} moved by {@code matrix} [2, 3]; what lies beyond it becomes {@code beyond}: R, G, B. */
    static Picture warp(Picture photo, double[] matrix, int side, int... beyond) {
        OpenCv.load();
        try (PointerScope scope = new PointerScope()) {
            Mat transform = new Mat(2, 3, opencv_core.CV_64FC1);
            new DoublePointer(transform.data()).put(matrix);
            Mat crop = new Mat();
            opencv_imgproc.warpAffine(
                    OpenCv.matrix(photo),
                    crop,
                    transform,
                    new Size(side, side),
                    opencv_imgproc.INTER_LINEAR,
                    opencv_core.BORDER_CONSTANT,
                    new Scalar(beyond[0], beyond[1], beyond[2], 0));
            return OpenCv.picture(crop);
        }
    }

    private static double[] coordinates(List<Face.Point> landmarks) {
        double[] coordinates = new double[landmarks.size() * 2];
        for (int i = 0; i < landmarks.size(); i++) {
            coordinates[2 * i] = landmarks.get(i).x();
            coordinates[2 * i + 1] = landmarks.get(i).y();
        }
        return coordinates;
    }

    private static Mat points(double[] coordinates) {
        Mat points = new Mat(coordinates.length / 2, 2, opencv_core.CV_64FC1);
        new DoublePointer(points.data()).put(coordinates);
        return points;
    }
}
