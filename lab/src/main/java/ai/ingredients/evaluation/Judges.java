package ai.ingredients.evaluation;

import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.evaluation.faces.Inception;
import ai.ingredients.metrics.ClipScore;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * The networks that videos are judged by. They stay the caller's.
 *
 * @param faces who is who
 * @param attributes what of the prompt a video shows; none to leave that out
 * @param clip how well frames fit the prompt; none to leave that out
 * @param inception what FID compares faces by; none to leave that out
 */
public record Judges(
        FaceReader faces,
        @Nullable PromptJudge attributes,
        @Nullable ClipScore clip,
        @Nullable Inception inception) {
    private static final String NOBODY = "nothing";

    /** Only who is who. */
    public static Judges of(FaceReader faces) {
        return new Judges(faces, null, null, null);
    }

    /** Adds which networks these are. */
    void describe(ObjectNode recipe) {
        recipe.put("faces_by", faces.name());
        recipe.put("attributes_by", attributes == null ? NOBODY : attributes.name());
        recipe.put("prompts_by", clip == null ? NOBODY : "CLIP " + clip.name());
        recipe.put("face_pictures_by", inception == null ? NOBODY : "Inception " + inception.name());
    }
}
