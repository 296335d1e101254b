package example;

import ai.ingredients.data.ClipWorld;
import ai.ingredients.data.FolderSettings;
import ai.ingredients.training.config.Records;
import ai.ingredients.training.inversion.InversionTraining;
import ai.ingredients.training.inversion.SubjectConfig;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingRun;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Textual inversion: a word for the person in a folder of photos, learned on a model that stays as it is. Prompts then say
 * {@code <anna>}. Arguments: MODEL NAME PHOTOS RUN [STEPS]
 */
public final class TrainAWord {
    private TrainAWord() {}

    public static void main(String[] args) {
        if (args.length < 4) {
            System.err.println("expected: MODEL NAME PHOTOS RUN [STEPS]");
            return;
        }
        SubjectConfig photos = new SubjectConfig(
                SubjectConfig.Kind.PICTURES,
                ClipWorld.Character.DEFAULT,
                Path.of(args[2]),
                null,
                null,
                8,
                0,
                FolderSettings.DEFAULT);
        InversionTraining config = InversionTraining.defaults(Path.of(args[0]));
        config = Records.with(config, InversionTraining::name, args[1]);
        config = Records.with(config, InversionTraining::data, photos);
        if (args.length > 4) {
            TrainerConfig shorter = Records.with(config.training(), TrainerConfig::steps, Long.parseLong(args[4]));
            config = Records.with(config, InversionTraining::training, shorter);
        }
        TrainingListener progress = new TrainingListener() {
            @Override
            public void step(Progress step) {
                System.out.println(step);
            }
        };
        try (RunFolder run = RunFolder.create(Path.of(args[3]), config);
                Stage<?> stage = config.open(run.path(), progress)) {
            System.out.println(
                    TrainingRun.train(stage, config.training(), run, OptionalLong.empty(), progress, () -> false));
        }
    }
}
