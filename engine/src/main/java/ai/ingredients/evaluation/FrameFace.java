package ai.ingredients.evaluation;

import ai.ingredients.face.Face;

/**
 * A face seen in a frame.
 *
 * @param box its frame, pixels of the video
 * @param score of the detector, 0 to 1
 * @param embedding who it looks like
 */
public record FrameFace(Face.Box box, float score, Embedding embedding) {
    /** The horizontal middle, pixels. */
    double x() {
        return (box.left() + (double) box.right()) / 2;
    }
}
