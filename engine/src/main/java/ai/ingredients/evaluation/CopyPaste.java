package ai.ingredients.evaluation;

import ai.ingredients.face.Face;
import java.util.ArrayList;
import java.util.List;

/**
 * How much generated faces repeat the moment of their photo, not only the person: the pose of a face is its five
 * landmarks, moved to the origin and scaled to length 1, so that turns, tilts and an open mouth remain. A face is as
 * copied as the share of other people's photos whose pose is farther from it than its own photo's.
 *
 * <p>0.5 is what poses that have nothing to do with the photo give; a pasted photo gives 1. People's proportions are in
 * the landmarks as well, so that true videos of a person lie somewhat above 0.5: compare with the truth where there is one.
 */
final class CopyPaste {
    /** With fewer others a share says little. */
    static final int LEAST_OTHERS = 5;

    private CopyPaste() {}

    /**
     * The mean over all assigned faces; NaN without faces or with too few others.
     *
     * @param photos of the people
     * @param frames faces of each frame
     * @param assigned for each frame, the face of each person or {@link Assignment#NONE}
     * @param others photos of other people
     */
    static double index(
            List<KnownFace> photos, List<List<FrameFace>> frames, List<int[]> assigned, List<KnownFace> others) {
        if (others.size() < LEAST_OTHERS) {
            return Double.NaN;
        }
        List<double[]> own =
                photos.stream().map(photo -> pose(photo.landmarks())).toList();
        List<double[]> poses =
                others.stream().map(other -> pose(other.landmarks())).toList();
        List<Double> shares = new ArrayList<>();
        for (int f = 0; f < frames.size(); f++) {
            for (int n = 0; n < photos.size(); n++) {
                int face = assigned.get(f)[n];
                if (face != Assignment.NONE) {
                    double[] pose = pose(frames.get(f).get(face).landmarks());
                    shares.add(shareFarther(pose, own.get(n), poses));
                }
            }
        }
        return shares.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    private static double shareFarther(double[] pose, double[] own, List<double[]> others) {
        double distance = distance(pose, own);
        double farther = 0;
        for (double[] other : others) {
            double its = distance(pose, other);
            farther += its > distance ? 1 : its == distance ? 0.5 : 0;
        }
        return farther / others.size();
    }

    private static double distance(double[] a, double[] b) {
        double squares = 0;
        for (int i = 0; i < a.length; i++) {
            squares += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return squares;
    }

    private static double[] pose(List<Face.Point> landmarks) {
        double x = landmarks.stream().mapToDouble(Face.Point::x).average().orElse(0);
        double y = landmarks.stream().mapToDouble(Face.Point::y).average().orElse(0);
        double[] pose = new double[2 * landmarks.size()];
        double squares = 0;
        for (int i = 0; i < landmarks.size(); i++) {
            pose[2 * i] = landmarks.get(i).x() - x;
            pose[2 * i + 1] = landmarks.get(i).y() - y;
            squares += pose[2 * i] * pose[2 * i] + pose[2 * i + 1] * pose[2 * i + 1];
        }
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        for (int i = 0; i < pose.length; i++) {
            pose[i] *= scale;
        }
        return pose;
    }
}
