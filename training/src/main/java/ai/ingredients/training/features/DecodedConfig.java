package ai.ingredients.training.features;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipSource;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.FirstClips;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.weights.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Clips as a model shows them, for networks that look at a model's videos.
 *
 * @param clips how many of {@code data} are made so; 0 for none
 * @param unseen how many of {@code validation}
 * @param share of what is learned from that is decoded
 * @param bundle whose models are used
 * @param transformer whether its transformer cleans noisy latents in between, see {@code guesses}; otherwise the clips go
 *     through the autoencoder alone
 * @param guesses how much noise that is, and in how many steps it is taken away; one guess of each clip is used
 * @param cache folder for the results
 */
public record DecodedConfig(
        long clips,
        long unseen,
        double share,
        Path bundle,
        boolean transformer,
        GuessEncoder.Settings guesses,
        Path cache) {
    /**
     * Drawings alone.
     *
     * @param bundle whose models are used once clips are wanted
     */
    public static DecodedConfig none(Path bundle) {
        return new DecodedConfig(
                0, 48, 0.5, bundle, false, new GuessEncoder.Settings(1, 0.05, 0.4, 2), Path.of("runs/cache"));
    }

    public DecodedConfig {
        if (clips < 0 || unseen < 1 || !(share >= 0 && share <= 1)) {
            throw new InvalidInputException("clips is " + clips + ", unseen " + unseen + " and share " + share
                    + "; expected at least 0, at least 1 and a share from 0 to 1");
        }
    }

    /**
     * Makes what is not in the cache yet.
     *
     * @return null when none are wanted
     */
    @Nullable
    public DecodedData open(DataConfig data, DataConfig validation, TrainerConfig training, TrainingListener listener) {
        if (clips == 0) {
            return null;
        }
        ModelFolder folder = ModelFolder.open(bundle);
        Compute compute = training.compute().with(DType.BF16); // frames are rounded to bytes anyway
        try (Scope scope = Scope.inference();
                GuessModels guessing = transformer ? GuessModels.open(folder, null, guesses, compute) : null;
                ClipModels plain = guessing == null ? ClipModels.autoencoder(folder, compute) : null) {
            DecodedEncoder encoder = guessing == null
                    ? new DecodedEncoder(
                            Objects.requireNonNull(plain).vae(),
                            null,
                            compute,
                            "decoded-" + FeatureCache.shortened(folder.weightsFingerprint(List.of("vae"))))
                    : new DecodedEncoder(
                            guessing.vae(),
                            guessing.encoder(),
                            compute,
                            "decoded-" + guessing.encoder().key());
            DecodedClips learned = fill(new FirstClips(data.open(), clips), encoder, training, listener);
            try {
                return new DecodedData(
                        learned, fill(new FirstClips(validation.open(), unseen), encoder, training, listener), share);
            } catch (RuntimeException e) {
                learned.close();
                throw e;
            }
        }
    }

    private DecodedClips fill(
            ClipSource wanted, DecodedEncoder encoder, TrainerConfig training, TrainingListener listener) {
        return new DecodedClips(
                FeatureCache.fill(cache, wanted, encoder, training, "clips as the model shows them", listener));
    }
}
