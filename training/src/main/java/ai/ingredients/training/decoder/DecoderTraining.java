package ai.ingredients.training.decoder;

import ai.ingredients.data.ClipSource;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.features.FeatureCache;
import ai.ingredients.training.features.GuessEncoder;
import ai.ingredients.training.features.GuessModels;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.FirstClips;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage decoder}: the autoencoder's decoder learns from what a trained transformer makes.
 *
 * @param training how the run goes
 * @param bundle folder in official layout with everything
 * @param transformer whose latents are learned from; absent for the bundle's
 * @param start autoencoder to begin with, whose encoder is the bundle's; absent for the bundle's
 * @param data clips to learn from
 * @param validation clips to look at
 * @param cache folder for what the frozen models make of clips
 * @param guesses how the transformer makes latents
 * @param decoder loss and batches
 */
public record DecoderTraining(
        TrainerConfig training,
        Path bundle,
        @Nullable Path transformer,
        @Nullable Path start,
        DataConfig data,
        DataConfig validation,
        Path cache,
        GuessEncoder.Settings guesses,
        DecoderStage.Settings decoder)
        implements StageConfig {
    /**
     * A run with the usual settings.
     *
     * @param bundle folder in official layout
     */
    public static DecoderTraining defaults(Path bundle) {
        return new DecoderTraining(
                TrainerConfig.DEFAULT,
                bundle,
                null,
                null,
                DataConfig.TRAIN,
                DataConfig.VALIDATION,
                Path.of("runs/cache"),
                GuessEncoder.Settings.DEFAULT,
                DecoderStage.Settings.DEFAULT);
    }

    @Override
    public String component() {
        return "vae";
    }

    /** As many clips as the steps draw at most: guessing at others would only take time. */
    ClipSource learned() {
        return FirstClips.needed(data.open(), training, decoder.batch(), false);
    }

    /** What the stage looks at. */
    ClipSource seen() {
        return new FirstClips(validation.open(), DecoderStage.VALIDATION_CLIPS);
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        ModelFolder folder = ModelFolder.open(bundle);
        TensorStore begin = StageConfig.start(start == null ? folder.component("vae") : start);
        List<FeatureCache> filled = new ArrayList<>();
        try (Scope scope = Scope.inference()) {
            try (GuessModels models = GuessModels.open(folder, transformer, guesses, training.compute())) {
                for (ClipSource clips : List.of(learned(), seen())) {
                    filled.add(FeatureCache.fill(
                            cache, clips, models.encoder(), training, "the transformer's guesses at clips", listener));
                }
            }
            return new DecoderStage(
                    StageConfig.model(folder.component("vae").resolve("config.json")),
                    decoder,
                    filled.get(0),
                    filled.get(1),
                    folder.root().resolve("face_encoder/recognition"),
                    new Beginning(begin, training.compute(), training.seed()));
        } catch (RuntimeException e) {
            filled.forEach(FeatureCache::close);
            throw e;
        }
    }
}
