package ai.ingredients.training.sam;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipSource;
import ai.ingredients.sam.SamConfig;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage sam}: a small Segment Anything that knows the faces of the drawn world.
 *
 * @param training how the run goes
 * @param model its sizes, see {@link SamConfig#read}
 * @param start weights to begin with; absent to begin from nothing
 * @param data clips whose first frames are learned from
 * @param validation clips to look at
 * @param sam batches and loss
 */
public record SamTraining(
        TrainerConfig training,
        Path model,
        @Nullable Path start,
        DataConfig data,
        DataConfig validation,
        SamStage.Settings sam)
        implements StageConfig {
    /**
     * A run with the usual settings.
     *
     * @param model its sizes
     */
    public static SamTraining defaults(Path model) {
        return new SamTraining(
                TrainerConfig.DEFAULT, model, null, DataConfig.TRAIN, DataConfig.VALIDATION, SamStage.Settings.DEFAULT);
    }

    public SamTraining {
        refuseFolder("data", data);
        refuseFolder("validation", validation);
    }

    @Override
    public String component() {
        return "evaluation/sam";
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        return new SamStage(
                SamConfig.read(model), sam, stills(data), stills(validation), Beginning.of(start, training));
    }

    /** Boxes lie exactly around faces in the drawn world only. */
    private static void refuseFolder(String name, DataConfig data) {
        if (data.folder() != null) {
            throw new InvalidInputException(name + ".folder is " + data.folder()
                    + ", but boxes and masks of faces are exact in the drawn world only; use kind: cast");
        }
    }

    private static ClipSource stills(DataConfig data) {
        return data.drawn(ClipFormat.DEFAULT.ofFrames(1).withoutPhotos());
    }
}
