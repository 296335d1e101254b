package ai.ingredients.evaluation;

import ai.ingredients.face.Face;
import java.util.List;

/**
 * A photo's face.
 *
 * @param embedding who it is
 * @param landmarks five points, pixels of the photo
 */
record KnownFace(Embedding embedding, List<Face.Point> landmarks) {
    KnownFace {
        landmarks = List.copyOf(landmarks);
    }
}
