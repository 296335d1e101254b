package ai.ingredients.evaluation;

import ai.ingredients.media.Picture;
import java.util.List;
import java.util.Map;

/** Says how much of what a prompt asks for a video shows. Not thread-safe. */
public interface PromptJudge {
    /** Says which network this is. */
    String name();

    /**
     * Figures by name, 0 to 1 each; empty for cases that this judge knows nothing of.
     *
     * @param frames of the video
     */
    Map<String, Double> figures(EvaluationCase one, List<Picture> frames);
}
