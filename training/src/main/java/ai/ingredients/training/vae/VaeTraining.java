package ai.ingredients.training.vae;

import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage vae}.
 *
 * @param training how the run goes
 * @param model official {@code vae/config.json}
 * @param start weights to begin with; absent to begin from nothing
 * @param data clips to learn from
 * @param validation clips to look at
 * @param vae loss and batches
 */
public record VaeTraining(
        TrainerConfig training,
        Path model,
        @Nullable Path start,
        DataConfig data,
        DataConfig validation,
        VaeStage.Settings vae)
        implements StageConfig {
    /**
     * A run with the usual settings.
     *
     * @param model its official config
     */
    public static VaeTraining defaults(Path model) {
        return new VaeTraining(
                TrainerConfig.DEFAULT, model, null, DataConfig.TRAIN, DataConfig.VALIDATION, VaeStage.Settings.DEFAULT);
    }

    @Override
    public String component() {
        return "vae";
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        return new VaeStage(
                StageConfig.model(model), vae, data.open(), validation.open(), Beginning.of(start, training));
    }
}
