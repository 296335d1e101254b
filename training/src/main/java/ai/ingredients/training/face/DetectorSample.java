package ai.ingredients.training.face;

import ai.ingredients.data.Clip;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;

/**
 * A picture and all faces in it.
 *
 * @param picture any size
 * @param faces boxes and points in pixels of the picture
 */
public record DetectorSample(Picture picture, List<Face> faces) {
    /**
     * Edges of a face in units of the aligned square, left, top, right, bottom: the mean of the drawn world's boxes. Photos
     * come with points only.
     */
    private static final double[] USUAL_BOX = {0.16, 0.09, 0.85, 0.88};

    public DetectorSample {
        faces = List.copyOf(faces);
    }

    /** A frame of a clip, with everyone whose box and points are known. */
    static DetectorSample frame(Clip clip, int index) {
        List<Face> faces = new ArrayList<>();
        for (Clip.Person person : clip.people()) {
            Clip.Seen seen = person.track().get(index);
            Face.Box box = seen.faceBox();
            List<Face.Point> landmarks = seen.landmarks();
            if (box != null && landmarks != null) {
                faces.add(new Face(box, 1, landmarks));
            }
        }
        return new DetectorSample(clip.frames().get(index), faces);
    }

    /** A photo, whose face is framed by where its points lie. */
    static DetectorSample photo(Clip.PersonPhoto photo) {
        return new DetectorSample(photo.picture(), List.of(new Face(box(photo.landmarks()), 1, photo.landmarks())));
    }

    /** The upright box around the aligned square's usual face. */
    static Face.Box box(List<Face.Point> landmarks) {
        double[] m = FaceAligner.matrix(landmarks); // photo → aligned: [a b x; c d y]
        double determinant = m[0] * m[4] - m[1] * m[3];
        double scale = Math.sqrt(determinant);
        double alignedX = (USUAL_BOX[0] + USUAL_BOX[2]) / 2 * FaceAligner.SIZE - m[2];
        double alignedY = (USUAL_BOX[1] + USUAL_BOX[3]) / 2 * FaceAligner.SIZE - m[5];
        double x = (m[4] * alignedX - m[1] * alignedY) / determinant;
        double y = (m[0] * alignedY - m[3] * alignedX) / determinant;
        double halfWidth = (USUAL_BOX[2] - USUAL_BOX[0]) / 2 * FaceAligner.SIZE / scale;
        double halfHeight = (USUAL_BOX[3] - USUAL_BOX[1]) / 2 * FaceAligner.SIZE / scale;
        return new Face.Box(
                (float) (x - halfWidth), (float) (y - halfHeight), (float) (x + halfWidth), (float) (y + halfHeight));
    }
}
