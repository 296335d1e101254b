package ai.ingredients.training.face;

import ai.ingredients.face.Anchors;
import ai.ingredients.face.Face;
import java.util.Arrays;
import java.util.List;

/**
 * What the detector should say of each anchor of one picture.
 *
 * <p>Source: {@code match} in Pytorch_Retinaface's {@code box_utils.py}. An anchor is a face when it overlaps one by 0.35
 * (intersection over union), and each face gets its best anchor unless even that overlaps by less than 0.2.
 *
 * @param faces whether each anchor is a face
 * @param boxes A times the relative box of its face; 0 where there is none
 * @param landmarks A times the five relative points of its face; 0 where there is none
 */
record DetectorTargets(boolean[] faces, float[] boxes, float[] landmarks) {
    private static final double LEAST_OVERLAP = 0.35;
    private static final double LEAST_BEST_OVERLAP = 0.2;
    private static final int POINT_VALUES = 2 * Face.LANDMARKS;

    /**
     * Matches anchors and faces.
     *
     * @param truth faces in pixels; points are pixel centres
     * @param anchors those of a picture of {@code width} x {@code height}, from {@link Anchors#of}
     */
    static DetectorTargets match(List<Face> truth, float[] anchors, int width, int height) {
        int count = anchors.length / 4;
        int[] best = new int[count]; // face of each anchor
        double[] overlap = new double[count];
        int[] bestAnchor = new int[truth.size()];
        double[] bestOverlap = new double[truth.size()];
        for (int f = 0; f < truth.size(); f++) {
            Face.Box box = truth.get(f).box();
            bestOverlap[f] = -1;
            for (int a = 0; a < count; a++) {
                double shared = overlap(box, anchors, a, width, height);
                if (f == 0 || shared > overlap[a]) {
                    overlap[a] = shared;
                    best[a] = f;
                }
                if (shared > bestOverlap[f]) {
                    bestOverlap[f] = shared;
                    bestAnchor[f] = a;
                }
            }
        }
        boolean any = false;
        for (int f = 0; f < truth.size(); f++) {
            best[bestAnchor[f]] = f;
            if (bestOverlap[f] >= LEAST_BEST_OVERLAP) {
                overlap[bestAnchor[f]] = 2; // more than any threshold
                any = true;
            }
        }
        boolean[] faces = new boolean[count];
        float[] boxes = new float[count * 4];
        float[] landmarks = new float[count * POINT_VALUES];
        for (int a = 0; a < count && any; a++) {
            faces[a] = overlap[a] >= LEAST_OVERLAP;
            if (faces[a]) {
                encode(truth.get(best[a]), anchors, a, width, height, boxes, landmarks);
            }
        }
        return new DetectorTargets(faces, boxes, landmarks);
    }

    /** How many anchors are faces. */
    int positives() {
        int positives = 0;
        for (boolean face : faces) {
            positives += face ? 1 : 0;
        }
        return positives;
    }

    private static double overlap(Face.Box box, float[] anchors, int a, int width, int height) {
        double anchorWidth = anchors[4 * a + 2] * (double) width;
        double anchorHeight = anchors[4 * a + 3] * (double) height;
        double left = anchors[4 * a] * (double) width - anchorWidth / 2;
        double top = anchors[4 * a + 1] * (double) height - anchorHeight / 2;
        double across = Math.min(box.right(), left + anchorWidth) - Math.max(box.left(), left);
        double down = Math.min(box.bottom(), top + anchorHeight) - Math.max(box.top(), top);
        double shared = Math.max(0, across) * Math.max(0, down);
        double own = (double) (box.right() - box.left()) * (box.bottom() - box.top());
        return shared / (own + anchorWidth * anchorHeight - shared);
    }

    private static void encode(
            Face face, float[] anchors, int a, int width, int height, float[] boxes, float[] landmarks) {
        double centerX = anchors[4 * a];
        double centerY = anchors[4 * a + 1];
        double stepX = Anchors.CENTER_VARIANCE * anchors[4 * a + 2];
        double stepY = Anchors.CENTER_VARIANCE * anchors[4 * a + 3];
        Face.Box box = face.box();
        boxes[4 * a] = (float) (((box.left() + box.right()) / 2.0 / width - centerX) / stepX);
        boxes[4 * a + 1] = (float) (((box.top() + box.bottom()) / 2.0 / height - centerY) / stepY);
        double wider = (box.right() - box.left()) / width / anchors[4 * a + 2];
        double higher = (box.bottom() - box.top()) / height / anchors[4 * a + 3];
        boxes[4 * a + 2] = (float) (Math.log(wider) / Anchors.SIZE_VARIANCE);
        boxes[4 * a + 3] = (float) (Math.log(higher) / Anchors.SIZE_VARIANCE);
        for (int k = 0; k < Face.LANDMARKS; k++) {
            Face.Point point = face.landmarks().get(k);
            landmarks[POINT_VALUES * a + 2 * k] = (float) ((point.x() / width - centerX) / stepX);
            landmarks[POINT_VALUES * a + 2 * k + 1] = (float) ((point.y() / height - centerY) / stepY);
        }
    }

    @Override
    public String toString() {
        return positives() + " faces of " + faces.length + " anchors, boxes " + Arrays.hashCode(boxes);
    }
}
