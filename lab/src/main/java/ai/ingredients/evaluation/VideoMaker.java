package ai.ingredients.evaluation;

import ai.ingredients.data.Clip;
import ai.ingredients.media.Picture;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the video of a case: a model, or what models are compared with. Not thread-safe. */
public interface VideoMaker extends AutoCloseable {
    /**
     * Everything the videos follow from but the case: two makers with equal recipes make equal videos.
     *
     * @return a new object with at least the text {@code maker}
     */
    ObjectNode recipe();

    /**
     * The video of a case.
     *
     * @return frames of one size
     * @throws ai.ingredients.InvalidInputException when the case cannot be used, for instance without a face in a photo
     * @throws ai.ingredients.OperationFailedException when the making fails
     */
    List<Picture> make(EvaluationCase one);

    /**
     * The drawn clip that the video of a case shows, where it is one: who turns away in it is not missing. Others' videos
     * show nothing that is known, and are expected to show everybody in every frame.
     */
    default @Nullable Clip shown(EvaluationCase one) {
        return null;
    }

    @Override
    default void close() {}
}
