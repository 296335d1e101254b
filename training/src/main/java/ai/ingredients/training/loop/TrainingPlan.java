package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.IoReason;
import ai.ingredients.training.config.TrainingConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trainings that build on one another: each once, in a run folder of its own. What is done is found again, what was
 * interrupted goes on from its latest checkpoint.
 *
 * @param trains how one of them is trained
 * @param neutral keys of configs that may differ from those that a finished run was trained with: they say where and how
 *     often, not what is learned. Null to take what is there as it is
 */
public record TrainingPlan(Training trains, @Nullable Set<String> neutral) {
    /** Trains, and shows how it goes. */
    @FunctionalInterface
    public interface Training {
        /**
         * @param resume {@code latest}, or null to begin anew
         * @return whether it went to its end; otherwise there is a checkpoint
         */
        boolean train(StageConfig config, Path run, @Nullable String resume);
    }

    /** A training was asked to stop, and did so with a checkpoint. */
    public static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Stopped() {
            super("stopped");
        }
    }

    /**
     * One training.
     *
     * @param run its folder
     * @param parents whose models it learns with
     * @param config made when it is needed
     */
    public record Step(Path run, List<Step> parents, Supplier<? extends StageConfig> config) {
        public Step {
            parents = List.copyOf(parents);
        }

        /** The folder of its model, which is there when it is {@link #done}. */
        public Path model() {
            return run.resolve(TrainingRun.MODEL);
        }

        /** Whether it was trained. */
        public boolean done() {
            return Files.isDirectory(model());
        }
    }

    /**
     * The folder with the model of {@code step}; it and its parents are trained where they are not.
     *
     * @throws Stopped when a training was stopped
     * @throws InvalidInputException when it is there, and was trained with another config
     */
    public Path model(Step step) {
        step.parents().forEach(this::model);
        if (!step.done()) {
            train(step);
        } else if (neutral != null) {
            refuseOther(step, neutral);
        }
        return step.model();
    }

    /**
     * Trains {@code step} alone, from its latest checkpoint where there is one.
     *
     * @throws Stopped when it was stopped
     */
    public void train(Step step) {
        boolean goesOn = RunFolder.holdsRun(step.run());
        if (!trains.train(step.config().get(), step.run(), goesOn ? "latest" : null)) {
            throw new Stopped();
        }
    }

    private static void refuseOther(Step step, Set<String> neutral) {
        Record now = (Record) step.config().get();
        Record before = TrainingConfig.read(step.run().resolve(RunFolder.CONFIG), List.of(), now);
        List<String> differences = TrainingConfig.differences(before, now).stream()
                .filter(difference -> !neutral.contains(difference.key()))
                .map(TrainingConfig.Difference::toString)
                .toList();
        if (!differences.isEmpty()) {
            throw new InvalidInputException(step.run() + ": was trained with another config: "
                    + String.join(", ", differences) + "; choose another folder, or remove this one");
        }
    }

    /**
     * Puts trained parts together in one folder, again where one was trained since.
     *
     * @param parts folders by their place in a bundle
     * @param scheduler a {@code scheduler_config.json}
     */
    public static void bundle(Path target, Map<String, Path> parts, Path scheduler) {
        Path index = target.resolve("model_index.json");
        boolean upToDate = Files.exists(index)
                && parts.values().stream().allMatch(part -> !Files.exists(part) || changed(part) <= changed(index));
        if (!upToDate) {
            BundleWriter.write(target, parts, scheduler, null, null);
        }
    }

    private static long changed(Path path) {
        try {
            return Files.getLastModifiedTime(path).toMillis();
        } catch (IOException e) {
            throw new OperationFailedException(path + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }
}
