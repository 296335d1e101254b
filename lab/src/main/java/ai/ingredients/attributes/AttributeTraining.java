package ai.ingredients.attributes;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.training.features.DecodedConfig;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage attributes}: the network that judges scene, action and clothes of videos of the drawn world.
 *
 * @param training how the run goes
 * @param model its {@code config.json}
 * @param start weights to begin with; absent to begin from nothing
 * @param data clips to learn from
 * @param validation clips to look at
 * @param decoded clips that are seen as a model shows them
 * @param attributes batches and loss
 */
public record AttributeTraining(
        TrainerConfig training,
        Path model,
        @Nullable Path start,
        DataConfig data,
        DataConfig validation,
        DecodedConfig decoded,
        AttributeStage.Settings attributes)
        implements StageConfig {
    /**
     * A run with the usual settings.
     *
     * @param model its config
     * @param bundle whose models show clips, where they are wanted
     */
    public static AttributeTraining defaults(Path model, Path bundle) {
        return new AttributeTraining(
                TrainerConfig.DEFAULT,
                model,
                null,
                DataConfig.TRAIN,
                DataConfig.VALIDATION,
                DecodedConfig.none(bundle),
                AttributeStage.Settings.DEFAULT);
    }

    public AttributeTraining {
        refuseFolder("data", data);
        refuseFolder("validation", validation);
        if (decoded.clips() > data.clips() || decoded.clips() > 0 && decoded.unseen() > validation.clips()) {
            throw new InvalidInputException("decoded.clips is " + decoded.clips() + " and decoded.unseen "
                    + decoded.unseen() + "; expected at most data.clips, " + data.clips() + ", and validation.clips, "
                    + validation.clips());
        }
    }

    @Override
    public String component() {
        return "evaluation/attributes";
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        AttributeConfig sizes = AttributeConfig.read(model);
        return new AttributeStage(
                sizes,
                attributes,
                clips(data, sizes),
                clips(validation, sizes),
                decoded.open(data, validation, training, listener),
                Beginning.of(start, training));
    }

    /** Attributes are known of drawn clips only. */
    private static void refuseFolder(String name, DataConfig data) {
        if (data.folder() != null) {
            throw new InvalidInputException(name + ".folder is " + data.folder()
                    + ", but what videos show is known in the drawn world only; use kind: cast");
        }
    }

    private static CastSource clips(DataConfig data, AttributeConfig sizes) {
        ClipFormat format = ClipFormat.DEFAULT.ofSize(sizes.width(), sizes.height(), sizes.frames());
        return (CastSource) data.drawn(format.withoutPhotos());
    }
}
