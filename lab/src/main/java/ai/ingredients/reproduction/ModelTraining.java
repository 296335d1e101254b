package ai.ingredients.reproduction;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.io.IoReason;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.loop.BundleWriter;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingRun;
import ai.ingredients.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains what rows need, each thing once: what is done is found again, what was interrupted goes on from its latest
 * checkpoint.
 *
 * <pre>
 * training/MODEL/   the run of a {@link TrainedModel}, as `ingredients train` leaves it
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
    private final TrainingListener listener;
    private final BooleanSupplier stop;

    /** Training was asked to stop, and did so with a checkpoint. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stopped() {
            super("stopped");
        }
    }

    /** @param stop asked after every step */
    ModelTraining(ReproductionConfig config, Path folder, TrainingListener listener, BooleanSupplier stop) {
        this.config = config;
        this.folder = folder;
        this.listener = listener;
        this.stop = stop;
    }

    /** The run of {@code model}, trained or not. */
    Path run(TrainedModel model) {
        return folder.resolve("training").resolve(model.toString());
    }

    /**
     * The folder with the transformer of {@code model}, after training it and what it begins with.
     *
     * @throws Stopped when asked to stop
     */
    Path transformer(TrainedModel model) {
        TrainedModel start = model.start();
        return trained(diffusion(model, start == null ? null : transformer(start)), run(model));
    }

    private DiffusionTraining diffusion(TrainedModel model, @Nullable Path start) {
        List<String> changes = new ArrayList<>(model.changes());
        changes.add(path("bundle", config.bundle()));
        changes.add(path("model", model.plain() ? config.textModel() : config.model()));
        changes.add(path("cache", folder.resolve("cache")));
        if (start != null) {
            changes.add(path("start", start));
        }
        return TrainingConfig.of(changes, budget(model));
    }

    private DiffusionTraining budget(TrainedModel model) {
        return switch (model.stage()) {
            case BASE -> config.base();
            case FACES -> config.faces();
            case ROUTER -> config.router();
        };
    }

    /** A path as an override; quoted, since YAML has its own ideas of some characters. */
    private static String path(String key, Path value) {
        return key + "='" + value.toString().replace("'", "''") + "'";
    }

    /**
     * Weights of Segment Anything: those of the config, or a small one's, after training it.
     *
     * @throws Stopped when asked to stop
     */
    Path segmenter() {
        Path given = config.sam();
        return given == null
                ? trained(config.segmenter(), folder.resolve("training").resolve("sam"))
                : given;
    }

    /**
     * The file of the word for the person at {@code place} of case {@code index}, after learning it on the text-only
     * model.
     *
     * @throws Stopped when asked to stop
     */
    Path word(EvaluationSet cases, int index, int place) {
        Path run = folder.resolve("words").resolve(String.format(Locale.ROOT, "%04d-%d", index, place));
        List<String> changes = List.of(
                path("bundle", config.bundle()),
                path("transformer", transformer(Row.INVERSION.model())),
                "name='" + name(index, place) + "'",
                "data.kind=cast",
                "data.cast={split: test, seed: " + cases.seed() + ", people: " + cases.people() + ", clip: " + index
                        + ", place: " + place + "}");
        return trained(TrainingConfig.of(changes, config.inversion()), run).resolve(LearnedWord.FILE);
    }

    /** What prompts call the person at {@code place} of case {@code index}. */
    static String name(int index, int place) {
        return "<case" + index + "-" + (char) ('a' + place) + ">";
    }

    /**
     * The model of a run, which is trained when it is not there.
     *
     * @throws InvalidInputException when it is there, and was trained with another config
     */
    private Path trained(StageConfig training, Path run) {
        Path done = run.resolve(TrainingRun.MODEL);
        if (Files.isDirectory(done)) {
            Record now = (Record) training;
            Record before = TrainingConfig.read(run.resolve(RunFolder.CONFIG), List.of(), now);
            List<String> differences = TrainingConfig.differences(before, now).stream()
                    .filter(difference -> !NEUTRAL.contains(difference.key()))
                    .map(TrainingConfig.Difference::toString)
                    .toList();
            if (!differences.isEmpty()) {
                throw new InvalidInputException(run + ": was trained with another config: "
                        + String.join(", ", differences) + "; choose another --output, or remove the folder");
            }
        } else {
            train(training, run);
        }
        return done;
    }

    private void train(StageConfig training, Path into) {
        boolean goesOn = RunFolder.holdsRun(into);
        Record record = (Record) training;
        try (RunFolder run = goesOn
                ? RunFolder.resume(into, record, TrainingRun.MAY_CHANGE)
                : RunFolder.create(emptied(into), record)) {
            OptionalLong from = goesOn
                    ? OptionalLong.of(run.checkpoints(training.training().keepCheckpoints())
                            .find("latest"))
                    : OptionalLong.empty();
            try (Stage<?> stage = training.open(run.path(), listener)) {
                if (TrainingRun.train(stage, training.training(), run, from, listener, stop) == null) {
                    throw new Stopped();
                }
            }
        }
    }

    private static void made(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be made (" + IoReason.of(e) + ")", e);
        }
    }

    /** A run that was killed before its first checkpoint left nothing worth keeping. */
    private static Path emptied(Path run) {
        if (Files.exists(run)) {
            AtomicFolder.remove(run);
        }
        return run;
    }

    /**
     * {@code model} as a whole: the transformer with the frozen models.
     *
     * @throws Stopped when asked to stop
     */
    Path bundle(TrainedModel model) {
        Path transformer = transformer(model); // also when the bundle is there: it may be another config's
        Path bundle = folder.resolve("bundles").resolve(model.toString());
        if (!Files.isDirectory(bundle)) {
            Map<String, Path> components = new LinkedHashMap<>();
            components.put(ModelFolder.TRANSFORMER, transformer);
            for (String component : List.of("vae", "text_encoder", "tokenizer", "face_encoder")) {
                components.put(component, config.bundle().resolve(component));
            }
            made(folder.resolve("bundles"));
            BundleWriter.write(
                    bundle, components, config.bundle().resolve("scheduler/scheduler_config.json"), null, null);
        }
        return bundle;
    }
}
