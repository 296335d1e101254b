package ai.ingredients.training.loop;

import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFolder;
import ai.ingredients.training.config.TrainingConfig;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Stage} trained in a {@link RunFolder}: batches made ahead, metrics, curves, checkpoints, validation, and the
 * model at the end.
 *
 * <pre>
 *   config.yaml  metrics.jsonl  curves/  tensorboard/  validation/step-…/  checkpoints/step-…/  model/
 * </pre>
 */
public final class TrainingRun {
    /** Keys of a config that may change when a run goes on: how long, how often, and where; not what is learned. */
    public static final Set<String> MAY_CHANGE = Set.of(
            "training.steps",
            "training.device",
            "training.log-every",
            "training.checkpoint-every",
            "training.keep-checkpoints",
            "training.validate-every",
            "training.max-skipped-steps",
            "training.max-broken-share",
            "training.loader-threads",
            "training.prefetch",
            "cache");

    /** The folder below a run that holds the trained model. */
    public static final String MODEL = "model";

    private TrainingRun() {}

    /** Says when a training should stop; opened when it begins, after its data and models. */
    public interface Stop extends BooleanSupplier, AutoCloseable {
        @Override
        default void close() {}
    }

    /**
     * Trains {@code config} in {@code folder}, from the beginning or from one of its checkpoints.
     *
     * @param resume {@code latest} or a step; null to begin anew
     * @param found where files really lie that the config names: the folder keeps the paths as they were written, so that
     *     a run can go on from another current folder
     * @param stop asked after every step
     * @return the folder of the model; none when stopped, then there is a checkpoint
     * @throws ai.ingredients.InvalidInputException when something is missing or does not fit, or the run is another one
     */
    public static @Nullable Path of(
            StageConfig config,
            Path folder,
            @Nullable String resume,
            UnaryOperator<Path> found,
            TrainingListener listener,
            Supplier<Stop> stop) {
        Record record = (Record) config;
        long steps = config.training().steps();
        long stepsBefore = resume != null && RunFolder.holdsRun(folder)
                ? ((StageConfig) TrainingConfig.read(folder.resolve(RunFolder.CONFIG), List.of(), record))
                        .training()
                        .steps()
                : steps;
        try (RunFolder run =
                resume == null ? RunFolder.create(folder, record) : RunFolder.resume(folder, record, MAY_CHANGE)) {
            Checkpoints checkpoints = run.checkpoints(config.training().keepCheckpoints());
            OptionalLong from = resume == null ? OptionalLong.empty() : OptionalLong.of(checkpoints.find(resume));
            if (steps != stepsBefore) {
                listener.warning("this run was started with training.steps " + stepsBefore + " and now goes on to "
                        + steps + "; training.steps=" + stepsBefore + " keeps to the first");
            }
            if ("latest".equals(resume)) {
                checkpoints
                        .damagedAfterLatest()
                        .forEach((step, damage) -> listener.warning(
                                checkpoints.folder(step) + ": " + damage + "; going on from an earlier checkpoint"));
            }
            StageConfig here = (StageConfig) TrainingConfig.withPaths(record, found);
            try (Stage<?> opened = here.open(run.path(), listener);
                    Stop asked = stop.get()) {
                return train(opened, config.training(), run, from, listener, asked);
            }
        }
    }

    /**
     * Trains until the config's steps are done, or {@code stop} says so; then writes the model.
     *
     * @param folder an open run folder
     * @param resume the step to go on from; none begins anew
     * @param stop asked after every step; a stopped run writes a checkpoint and no model
     * @return the folder of the model; none when stopped
     */
    public static <B> @Nullable Path train(
            Stage<B> stage,
            TrainerConfig config,
            RunFolder folder,
            OptionalLong resume,
            TrainingListener listener,
            BooleanSupplier stop) {
        Checkpoints checkpoints = folder.checkpoints(config.keepCheckpoints());
        try (Trainer<B> trainer = new Trainer<>(stage, config)) {
            ClipLoader.Position position = ClipLoader.Position.START;
            if (resume.isPresent()) {
                position = restore(trainer, checkpoints, resume.getAsLong());
                checkpoints.discardAfter(resume.getAsLong());
            }
            Validations validations = new Validations(folder.validation());
            validations.discardAfter(trainer.step());
            listener.begins(stage.name(), folder.path(), trainer.step(), config.steps());
            ClipLoader.Settings loading = new ClipLoader.Settings(
                    config.loaderThreads(), config.prefetch(), config.maxBrokenShare(), folder.broken());
            boolean stopped = false;
            try (ClipLoader<B> loader = new ClipLoader<>(stage::batch, position, loading, listener::warning);
                    MetricsLog metrics = MetricsLog.open(folder.metrics(), trainer.step());
                    TensorBoardWriter board = TensorBoardWriter.open(folder.tensorboard(), trainer.step())) {
                Validating<B> validating = new Validating<>(stage, trainer, validations, metrics, board, listener);
                if (resume.isPresent()) {
                    if (validates(config, trainer.step())) {
                        validating.makeUp();
                    }
                    draw(folder, listener);
                }
                Awaited awaited = new Awaited(stage.awaited(), listener);
                Pace pace = new Pace(System::nanoTime);
                String complaint = null;
                while (trainer.step() < config.steps() && !stopped) {
                    List<B> batches = new ArrayList<>();
                    long samples = 0;
                    for (int i = 0; i < config.accumulation(); i++) {
                        B batch = loader.take().value();
                        samples += stage.samples(batch);
                        batches.add(batch);
                    }
                    Map<String, Double> figures = trainer.step(batches);
                    awaited.step(figures, trainer.step() == config.steps());
                    long step = trainer.step();
                    boolean last = step == config.steps();
                    stopped = !last && stop.getAsBoolean();
                    pace.step(samples);
                    if (step % config.logEvery() == 0 || last) {
                        metrics.log(step, figures);
                        board.scalars(step, figures);
                        complaint = complain(stage.complaint(step, figures), complaint, listener);
                    }
                    listener.step(new TrainingListener.Progress(
                            step,
                            config.steps(),
                            figures,
                            pace.samplesPerSecond(),
                            pace.secondsFor(config.steps() - step)));
                    boolean saves = step % config.checkpointEvery() == 0 || last || stopped;
                    if (saves) {
                        Path written = checkpoints.save(content(trainer, loader.position()));
                        listener.checkpoint(step, written);
                    }
                    if (validates(config, step)) {
                        validating.now();
                    }
                    if (saves || validates(config, step)) {
                        draw(folder, listener);
                        pace.pause();
                    }
                }
            }
            if (stopped) {
                return null;
            }
            Path model = folder.path().resolve(MODEL);
            writeModel(stage, trainer, model);
            listener.ends(stage.name(), model);
            return model;
        }
    }

    /** Says what is wrong once, and again when it was well in between. */
    private static @Nullable String complain(
            @Nullable String complaint, @Nullable String before, TrainingListener listener) {
        if (complaint != null && before == null) {
            listener.warning(complaint);
        }
        return complaint;
    }

    /** Tells of figures that no step has had, once: after a while, so that a long run need not be waited for, or at the end. */
    private static final class Awaited {
        private static final int A_WHILE = 100;

        private final Map<String, String> missing;
        private final TrainingListener listener;
        private int steps;

        Awaited(Map<String, String> awaited, TrainingListener listener) {
            missing = new LinkedHashMap<>(awaited);
            this.listener = listener;
        }

        void step(Map<String, Double> figures, boolean last) {
            steps++;
            missing.keySet().removeIf(name -> Double.isFinite(figures.getOrDefault(name, Double.NaN)));
            if (steps == A_WHILE || last && steps < A_WHILE) {
                missing.values().forEach(text -> listener.warning("in " + steps + " steps " + text));
            }
        }
    }

    /** A machine without fonts draws no curves, and trains all the same. */
    private static void draw(RunFolder folder, TrainingListener listener) {
        try {
            Curves.draw(folder.metrics(), folder.curves());
        } catch (OperationFailedException e) {
            listener.warning("no curves: " + e.getMessage());
        }
    }

    private static boolean validates(TrainerConfig config, long step) {
        return step == config.steps() || config.validateEvery() > 0 && step % config.validateEvery() == 0;
    }

    /** Looks at the model as it is, and tells everyone the figures. */
    private record Validating<B>(
            Stage<B> stage,
            Trainer<B> trainer,
            Validations validations,
            MetricsLog metrics,
            TensorBoardWriter board,
            TrainingListener listener) {
        void now() {
            long step = trainer.step();
            tell(validations.make(step, folder -> stage.validate(folder, step, trainer.result())));
        }

        /** What a kill after the checkpoint of this step left undone: the validation, or only the line of its figures. */
        void makeUp() {
            Map<String, Double> figures = validations.figures(trainer.step());
            if (figures == null) {
                now();
            } else if (!logged(figures)) {
                tell(figures);
            }
        }

        private boolean logged(Map<String, Double> figures) {
            return MetricsLog.read(metrics.file()).stream()
                    .anyMatch(line -> line.step() == trainer.step()
                            && line.values().keySet().equals(figures.keySet()));
        }

        private void tell(Map<String, Double> figures) {
            if (!figures.isEmpty()) {
                metrics.log(trainer.step(), figures);
                board.scalars(trainer.step(), figures);
            }
            listener.validated(trainer.step(), validations.folder(trainer.step()), figures);
        }
    }

    /** A model of an earlier, shorter run stays until the new one is whole. */
    private static <B> void writeModel(Stage<B> stage, Trainer<B> trainer, Path model) {
        try (AtomicFolder written = AtomicFolder.create(model)) {
            stage.export(written.path(), trainer.result());
            written.commit();
        }
    }

    private static Checkpoints.Content content(Trainer<?> trainer, ClipLoader.Position position) {
        ObjectNode state = JsonNodeFactory.instance.objectNode();
        state.put("skipped", trainer.skipped());
        state.put("next-batch", position.next());
        state.put("broken", position.broken());
        return new Checkpoints.Content(trainer.step(), trainer.state(), state, null);
    }

    private static ClipLoader.Position restore(Trainer<?> trainer, Checkpoints checkpoints, long step) {
        try (Saved saved = checkpoints.load(step)) {
            trainer.state().forEach((file, tensors) -> saved.restore(file, tensors));
            trainer.restored(step, saved.state().path("skipped").asInt());
            return new ClipLoader.Position(
                    saved.state().path("next-batch").asLong(),
                    saved.state().path("broken").asLong());
        }
    }
}
