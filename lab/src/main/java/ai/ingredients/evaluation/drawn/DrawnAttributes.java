package ai.ingredients.evaluation.drawn;

import ai.ingredients.attributes.AttributeClassifier;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.PromptJudge;
import ai.ingredients.media.Picture;
import java.util.List;
import java.util.Map;

/**
 * Whether scene, action and clothes of drawn cases are right. Of other cases it says nothing.
 *
 * @param network stays the caller's
 */
public record DrawnAttributes(AttributeClassifier network) implements PromptJudge {
    @Override
    public String name() {
        return network.name();
    }

    @Override
    public Map<String, Double> figures(EvaluationCase one, List<Picture> frames) {
        return one.known() instanceof CastCase drawn
                ? network.judge(frames, drawn.script().prompt()).figures()
                : Map.of();
    }
}
