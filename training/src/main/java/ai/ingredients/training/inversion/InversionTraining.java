package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Subject;
import ai.ingredients.text.TokenEmbeddings;
import ai.ingredients.training.config.Records;
import ai.ingredients.training.loop.LearningRate;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.weights.ModelFolder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage inversion}: a word for one person, learned on a frozen model.
 *
 * @param training how the run goes; the learning rate is in units of the text encoder's embeddings
 * @param bundle folder in official layout whose {@code vae}, {@code text_encoder}, {@code tokenizer} and
 *     {@code scheduler} are used
 * @param transformer to learn on, a folder with {@code config.json} and weights; absent for the bundle's own
 * @param name of the word, as prompts will write it; angle brackets are added where they are missing
 * @param vectors how many the word has; each takes a token of a prompt
 * @param initial words whose embeddings the vectors begin with; absent for {@code woman} or {@code man} where that is known
 *     of the person, otherwise {@code person}
 * @param data who is learned
 * @param inversion batches and captions
 */
public record InversionTraining(
        TrainerConfig training,
        Path bundle,
        @Nullable Path transformer,
        String name,
        int vectors,
        @Nullable String initial,
        SubjectConfig data,
        InversionStage.Settings inversion)
        implements StageConfig {
    private static final int MOST_VECTORS = 32;

    /** Few parameters learn fast. */
    private static final TrainerConfig TRAINING = trainer();

    private static TrainerConfig trainer() {
        TrainerConfig trainer = Records.with(TrainerConfig.DEFAULT, TrainerConfig::steps, 600L);
        trainer = Records.with(
                trainer, TrainerConfig::learningRate, new LearningRate(3e-2, LearningRate.Schedule.COSINE, 20, 0.1));
        trainer = Records.with(trainer, TrainerConfig::checkpointEvery, 100);
        return Records.with(trainer, TrainerConfig::validateEvery, 100);
    }

    /**
     * A word for somebody of the drawn world.
     *
     * @param bundle folder in official layout
     */
    public static InversionTraining defaults(Path bundle) {
        return new InversionTraining(
                TRAINING, bundle, null, "<person>", 1, null, SubjectConfig.DEFAULT, InversionStage.Settings.DEFAULT);
    }

    public InversionTraining {
        name = TokenEmbeddings.name(name);
        if (vectors < 1 || vectors > MOST_VECTORS) {
            throw new InvalidInputException("vectors is " + vectors + "; expected 1 to " + MOST_VECTORS);
        }
        if (initial != null && initial.isBlank()) {
            throw new InvalidInputException("initial is empty; give a word such as person, or leave it out");
        }
    }

    @Override
    public String component() {
        return "embeddings";
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        ModelFolder folder = ModelFolder.open(bundle);
        Path model = transformer == null ? folder.component(folder.transformer()) : transformer;
        Subject subject = data.open(FrozenModels.config(model));
        SubjectLatents latents = SubjectLatents.of(
                subject,
                folder,
                training.compute(),
                (done, all) -> listener.preparing("latents of photos and clips", done, all));
        FrozenModels models;
        try {
            models = FrozenModels.open(folder, model, training.compute());
        } catch (RuntimeException | Error e) {
            latents.close();
            throw e;
        }
        return new InversionStage(
                new InversionStage.Word(name, vectors, initial == null ? subject.noun() : initial),
                inversion.withDefault(data.templates()),
                subject,
                latents,
                models,
                training.seed());
    }
}
