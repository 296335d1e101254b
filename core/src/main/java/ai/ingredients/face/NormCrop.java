package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import java.util.List;

/**
 * Turns, scales and moves a photo so that a face lies where ArcFace was trained to find it. Unlike {@link FaceAligner} the
 * similarity is that of least squares over all five landmarks, and what lies beyond the photo becomes black.
 *
 * <p>Source: insightface's {@code utils/face_align.py}, {@code norm_crop}; the similarity is Umeyama's (1991), which in the
 * plane has a closed form.
 *
 * <p>Thread-safe; OpenCV loads on first use.
 */
public final class NormCrop {
    /** Left eye, right eye, nose, corners of the mouth in an aligned face of 112 pixels. */
    private static final double[] TEMPLATE = {
        38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041
    };

    private static final int TEMPLATE_SIDE = 112;
    /** Crops of multiples of this have a margin of 8 of 128 pixels to the left and right of the template. */
    private static final int WIDE_SIDE = 128;

    private static final double WIDE_MARGIN = 8;

    private NormCrop() {}

    /**
     * The similarity from the photo to an aligned face.
     *
     * @param landmarks five points in pixels of the photo
     * @param side of the aligned face in pixels, a multiple of 112 or 128
     * @return a 2x3 matrix by rows
     * @throws InvalidInputException when all points coincide
     */
    public static double[] matrix(List<Face.Point> landmarks, int side) {
        if (landmarks.size() != Face.LANDMARKS) {
            throw new IllegalArgumentException("a face has 5 landmarks, not " + landmarks.size());
        }
        double[] target = template(side);
        double fromX = 0;
        double fromY = 0;
        double toX = 0;
        double toY = 0;
        for (int i = 0; i < Face.LANDMARKS; i++) {
            fromX += landmarks.get(i).x() / Face.LANDMARKS;
            fromY += landmarks.get(i).y() / Face.LANDMARKS;
            toX += target[2 * i] / Face.LANDMARKS;
            toY += target[2 * i + 1] / Face.LANDMARKS;
        }
        double spread = 0;
        double along = 0;
        double turned = 0;
        for (int i = 0; i < Face.LANDMARKS; i++) {
            double x = landmarks.get(i).x() - fromX;
            double y = landmarks.get(i).y() - fromY;
            double u = target[2 * i] - toX;
            double v = target[2 * i + 1] - toY;
            spread += x * x + y * y;
            along += x * u + y * v;
            turned += x * v - y * u;
        }
        if (!(spread > 0)) {
            throw new InvalidInputException("the five landmarks " + landmarks
                    + " do not determine how the face lies; expected eyes, nose and corners of the mouth");
        }
        double cos = along / spread; // times the scale
        double sin = turned / spread;
        return new double[] {cos, -sin, toX - cos * fromX + sin * fromY, sin, cos, toY - sin * fromX - cos * fromY};
    }

    private static double[] template(int side) {
        boolean wide = side % TEMPLATE_SIDE != 0;
        if (side < TEMPLATE_SIDE || (wide && side % WIDE_SIDE != 0)) {
            throw new IllegalArgumentException("aligned faces have a multiple of 112 or 128 pixels, not " + side);
        }
        double ratio = (double) side / (wide ? WIDE_SIDE : TEMPLATE_SIDE);
        double[] points = new double[TEMPLATE.length];
        for (int i = 0; i < points.length; i++) {
            points[i] = (TEMPLATE[i] + (wide && i % 2 == 0 ? WIDE_MARGIN : 0)) * ratio;
        }
        return points;
    }

    /**
     * Cuts an aligned face out of {@code photo}.
     *
     * @return {@code side}x{@code side} pixels
     * @throws InvalidInputException as {@link #matrix}
     */
    public static Picture crop(Picture photo, List<Face.Point> landmarks, int side) {
        return FaceAligner.warp(photo, matrix(landmarks, side), side, 0, 0, 0);
    }
}
