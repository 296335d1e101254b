package ai.ingredients.reproduction;

import static ai.ingredients.training.config.Records.change;
import static ai.ingredients.training.config.Records.with;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipWorld;
import ai.ingredients.data.Split;
import ai.ingredients.io.IoReason;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.inversion.InversionTraining;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingPlan;
import ai.ingredients.training.loop.TrainingRun;
import ai.ingredients.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Trains what rows need, each thing once: what is done is found again, what was interrupted goes on from its latest
 * checkpoint.
 *
 * <pre>
 * training/MODEL/   the run of a {@link Trained} model, as `ingredients train` leaves it
 * words/CASE-PERSON/ the run of a word of the Inversion row
 * bundles/MODEL/    the model as `generate` takes it
 * </pre>
 */
final class ModelTraining {
    /** Keys of a config that say where and how often, not what is learned. */
    private static final Set<String> NEUTRAL = Set.of(
            "bundle",
            "model",
            "start",
            "transformer",
            "cache",
            "samples",
            "training.log-every",
            "training.checkpoint-every",
            "training.keep-checkpoints",
            "training.validate-every",
            "training.loader-threads",
            "training.prefetch");

    private final ReproductionConfig config;
    private final Path folder;
    private final TrainingPlan plan;

    /** @param stop asked after every step */
    ModelTraining(ReproductionConfig config, Path folder, TrainingListener listener, BooleanSupplier stop) {
        this.config = config;
        this.folder = folder;
        plan = new TrainingPlan(
                (training, run, resume) -> TrainingRun.of(
                                training, run, resume, UnaryOperator.identity(), listener, () -> stop::getAsBoolean)
                        != null,
                NEUTRAL);
    }

    /** The run of {@code model}, trained or not. */
    Path run(Trained model) {
        return folder.resolve("training").resolve(model.toString());
    }

    /**
     * The folder with the transformer of {@code model}, after training it and what it begins with.
     *
     * @throws TrainingPlan.Stopped when asked to stop
     */
    Path transformer(Trained model) {
        return plan.model(step(model));
    }

    private TrainingPlan.Step step(Trained model) {
        Trained begun = model.start();
        TrainingPlan.Step start = begun == null ? null : step(begun);
        return new TrainingPlan.Step(
                run(model),
                start == null ? List.of() : List.of(start),
                () -> diffusion(model, start == null ? null : start.model()));
    }

    private DiffusionTraining diffusion(Trained trained, @Nullable Path start) {
        TrainedModel model = trained.model();
        DiffusionTraining changed = change(budget(model), DiffusionTraining::diffusion, model::changed);
        changed = change(
                changed,
                DiffusionTraining::training,
                training -> with(training, TrainerConfig::seed, training.seed() + trained.seed()));
        changed = with(changed, DiffusionTraining::bundle, config.bundle());
        changed = with(changed, DiffusionTraining::model, model.plain() ? config.textModel() : config.model());
        changed = with(changed, DiffusionTraining::cache, folder.resolve("cache"));
        return start == null ? changed : with(changed, DiffusionTraining::start, start);
    }

    private DiffusionTraining budget(TrainedModel model) {
        return switch (model.stage()) {
            case BASE -> config.base();
            case FACES -> config.faces();
            case ROUTER -> config.router();
        };
    }

    /**
     * Weights of Segment Anything: those of the config, or a small one's, after training it.
     *
     * @throws TrainingPlan.Stopped when asked to stop
     */
    Path segmenter() {
        Path given = config.sam();
        return given == null
                ? plan.model(
                        new TrainingPlan.Step(folder.resolve("training").resolve("sam"), List.of(), config::segmenter))
                : given;
    }

    /**
     * The file of the word for the person at {@code place} of case {@code index}, after learning it on the text-only
     * model.
     *
     * @throws TrainingPlan.Stopped when asked to stop
     */
    Path word(EvaluationSet cases, int index, int place) {
        Path run = folder.resolve("words").resolve(String.format(Locale.ROOT, "%04d-%d", index, place));
        TrainingPlan.Step start = step(Trained.of(Row.INVERSION.model(), 0));
        var who = new ClipWorld.Character(Split.TEST, cases.seed(), cases.people(), index, place);
        return plan.model(new TrainingPlan.Step(run, List.of(start), () -> {
                    InversionTraining word = with(config.inversion(), InversionTraining::bundle, config.bundle());
                    word = with(word, InversionTraining::transformer, start.model());
                    word = with(word, InversionTraining::name, name(index, place));
                    return change(word, InversionTraining::data, data -> data.of(who));
                }))
                .resolve(LearnedWord.FILE);
    }

    /** What prompts call the person at {@code place} of case {@code index}. */
    static String name(int index, int place) {
        return "<case" + index + "-" + (char) ('a' + place) + ">";
    }

    /**
     * {@code model} as a whole: the transformer with the frozen models.
     *
     * @throws TrainingPlan.Stopped when asked to stop
     */
    Path bundle(Trained model) {
        Path transformer = transformer(model); // also when the bundle is there: it may be another config's
        Path bundle = folder.resolve("bundles").resolve(model.toString());
        Map<String, Path> components = new LinkedHashMap<>();
        components.put(ModelFolder.TRANSFORMER, transformer);
        for (String component : List.of("vae", "text_encoder", "tokenizer", "face_encoder")) {
            components.put(component, config.bundle().resolve(component));
        }
        made(folder.resolve("bundles"));
        TrainingPlan.bundle(bundle, components, config.bundle().resolve("scheduler/scheduler_config.json"));
        return bundle;
    }

    private static void made(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be made (" + IoReason.of(e) + ")", e);
        }
    }
}
