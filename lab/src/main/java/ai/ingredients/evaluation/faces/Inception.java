package ai.ingredients.evaluation.faces;

import ai.ingredients.media.Picture;
import ai.ingredients.metrics.FidFeatures;
import java.util.List;

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
