package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Says how alike the people of a validation's video are to their photos, by a network that the model is not conditioned on.
 * Evaluation knows how; it registers itself as a {@link ServiceLoader service}.
 *
 * <p>Owns its networks: close it after use. Not thread-safe.
 */
public interface SampleJudge extends AutoCloseable {
    /** Opens judges. */
    interface Provider {
        /**
         * Opens the networks.
         *
         * @param bundle holds the detector
         * @param recogniser folder or file of the network that tells who is who
         * @throws InvalidInputException when one is missing or damaged
         */
        SampleJudge open(Path bundle, Path recogniser, Compute compute);
    }

    /**
     * FaceSim under one-to-one assignment, misses counted 0: the mean over the people.
     *
     * @param photos one of each person
     * @param frames at least one
     */
    double faceSim(List<PersonPhoto> photos, List<Picture> frames);

    @Override
    void close();

    /**
     * The judge on the class path.
     *
     * @throws InvalidInputException when there is none, or its networks are missing or damaged
     */
    static SampleJudge open(Path bundle, Path recogniser, Compute compute) {
        return ServiceLoader.load(Provider.class, Provider.class.getClassLoader())
                .findFirst()
                .orElseThrow(
                        () -> new InvalidInputException("judge is " + recogniser + ", but nothing on the class path"
                                + " can judge; add ai.ingredients:ingredients-lab, or leave `judge` out"))
                .open(bundle, recogniser, compute);
    }
}
