package ai.ingredients.evaluation.faces;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.ArrayList;
import java.util.List;

/**
 * How much generated faces repeat the moment of their photo, not only the person: a face is as copied as the share of the
 * <em>same person's</em> photos at other moments that look less like it than the photo the model was given. Who it is does
 * not matter, since it is the same person in all of them; what is left is pose, expression, gaze and light.
 *
 * <p>0.5 is exactly what videos give that have nothing to do with the photo's moment, for then the given photo is one
 * among equals; pasted photos give 1, less what badly found landmarks blur. People of whom there are no further photos
 * have no such number.
 *
 * <p>How alike two faces look is the correlation of their gray values, both aligned by their landmarks and reduced to a
 * few pixels from brows to mouth. (Comparing poses by five landmarks says nothing about small faces: in the demo's frames
 * they are found to within 0.12 to 0.16 of a face's spread, where two photos of different people are 0.21 apart.)
 */
public final class CopyPaste {
    /** With fewer photos at other moments a share says little. */
    static final int LEAST_OTHERS = 5;

    // An aligned face is reduced to SIDE x SIDE pixels, of which those from brows to chin are compared. Faces of 30
    // pixels
    // have no finer detail, and the middle holds no hair, clothes or background, which stay the same or say nothing.
    private static final int SIDE = 24;
    private static final int TOP = 6;
    private static final int BOTTOM = 21;
    private static final int LEFT = 5;
    private static final int RIGHT = 19;
    /** Side at which faces are aligned before they are reduced; a multiple of {@link #SIDE}. */
    private static final int ALIGNED = 8 * SIDE;

    private CopyPaste() {}

    /**
     * The mean over all assigned faces of people with photos at other moments; NaN without any.
     *
     * @param photos given to the model, one of each person
     * @param otherPhotos of each person at other moments; empty for nobody has any
     * @param frames of the video
     * @param faces of each frame, landmarks in its pixels
     * @param assigned for each frame, the face of each person or {@link Assignment#NONE}
     */
    public static double index(
            List<PersonPhoto> photos,
            List<List<PersonPhoto>> otherPhotos,
            List<Picture> frames,
            List<List<FrameFace>> faces,
            List<int[]> assigned) {
        List<Double> shares = new ArrayList<>();
        for (int n = 0; n < otherPhotos.size(); n++) {
            if (otherPhotos.get(n).size() < LEAST_OTHERS) {
                continue;
            }
            double[] given = look(photos.get(n));
            List<double[]> others =
                    otherPhotos.get(n).stream().map(CopyPaste::look).toList();
            for (int f = 0; f < frames.size(); f++) {
                int face = assigned.get(f)[n];
                if (face != Assignment.NONE) {
                    double[] seen = look(frames.get(f), faces.get(f).get(face).landmarks());
                    shares.add(shareLessAlike(seen, given, others));
                }
            }
        }
        return shares.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    private static double shareLessAlike(double[] seen, double[] given, List<double[]> others) {
        double alike = correlation(seen, given);
        double less = 0;
        for (double[] other : others) {
            double its = correlation(seen, other);
            less += its < alike ? 1 : its == alike ? 0.5 : 0;
        }
        return less / others.size();
    }

    private static double correlation(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] look(PersonPhoto photo) {
        return look(photo.picture(), photo.landmarks());
    }

    /** Gray values of the face's middle, of mean 0 and length 1; zeros where all are equal. */
    private static double[] look(Picture picture, List<Face.Point> landmarks) {
        Picture aligned = FaceAligner.crop(picture, landmarks, ALIGNED);
        byte[] rgb = Resampling.openCv(aligned, SIDE, SIDE, Resampling.OpenCvFilter.AREA)
                .rgb();
        double[] look = new double[(BOTTOM - TOP) * (RIGHT - LEFT)];
        double sum = 0;
        for (int i = 0; i < look.length; i++) {
            int at = 3 * ((TOP + i / (RIGHT - LEFT)) * SIDE + LEFT + i % (RIGHT - LEFT));
            look[i] = 0.299 * (rgb[at] & 0xFF) + 0.587 * (rgb[at + 1] & 0xFF) + 0.114 * (rgb[at + 2] & 0xFF);
            sum += look[i];
        }
        double mean = sum / look.length;
        double squares = 0;
        for (int i = 0; i < look.length; i++) {
            look[i] -= mean;
            squares += look[i] * look[i];
        }
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        for (int i = 0; i < look.length; i++) {
            look[i] *= scale;
        }
        return look;
    }
}
