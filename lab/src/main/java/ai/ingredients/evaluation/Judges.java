package ai.ingredients.evaluation;

import ai.ingredients.attributes.AttributeClassifier;
import ai.ingredients.media.Picture;
import ai.ingredients.metrics.ClipScore;
import ai.ingredients.metrics.FidFeatures;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The networks that videos are judged by. They stay the caller's.
 *
 * @param faces who is who
 * @param attributes whether scene, action and clothes of drawn cases are right; none to leave that out
 * @param clip how well frames fit the prompt; none to leave that out
 * @param inception what FID compares faces by; none to leave that out
 */
public record Judges(
        FaceReader faces,
        @Nullable AttributeClassifier attributes,
        @Nullable ClipScore clip,
        @Nullable Inception inception) {
    private static final String NOBODY = "nothing";

    /** Only who is who. */
    public static Judges of(FaceReader faces) {
        return new Judges(faces, null, null, null);
    }

    /**
     * What FID compares pictures by.
     *
     * @param name says which network this is
     * @param features of pictures
     */
    public record Inception(String name, Features features) {
        /** Turns pictures into features. */
        @FunctionalInterface
        public interface Features {
            /** Equally many numbers for each picture, whatever its size. */
            List<float[]> of(List<Picture> pictures, FidFeatures.Normalisation normalisation);
        }

        /** Inception-v3, which stays the caller's. */
        public static Inception of(FidFeatures network) {
            return new Inception(network.name(), network::of);
        }
    }

    /** Adds which networks these are. */
    void describe(ObjectNode recipe) {
        recipe.put("faces_by", faces.name());
        recipe.put("attributes_by", attributes == null ? NOBODY : attributes.name());
        recipe.put("prompts_by", clip == null ? NOBODY : "CLIP " + clip.name());
        recipe.put("face_pictures_by", inception == null ? NOBODY : "Inception " + inception.name());
    }
}
