package ai.ingredients.evaluation.faces;

import ai.ingredients.face.Face;
import java.util.List;

/**
 * A face seen in a frame.
 *
 * @param box its frame, pixels of the video
 * @param score of the detector, 0 to 1
 * @param landmarks five points, pixels of the video
 * @param embedding who it looks like
 */
public record FrameFace(Face.Box box, float score, List<Face.Point> landmarks, Embedding embedding) {
    public FrameFace {
        landmarks = List.copyOf(landmarks);
    }

    /** The vertical middle, pixels. */
    public double y() {
        return (box.top() + (double) box.bottom()) / 2;
    }

    /** The horizontal middle, pixels. */
    public double x() {
        return (box.left() + (double) box.right()) / 2;
    }
}
