package ai.ingredients.training.loop;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Told what a training run is doing. Called on the training thread. */
public interface TrainingListener {
    /** A listener that ignores everything. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * How far a run is.
     *
     * @param step optimiser steps done
     * @param steps of the whole run
     * @param figures of this step by name: {@code loss} and what else the stage reports
     * @param samplesPerSecond over the last steps
     * @param secondsLeft at this pace
     */
    record Progress(long step, long steps, Map<String, Double> figures, double samplesPerSecond, double secondsLeft) {}

    /**
     * A stage begins.
     *
     * @param stage its name, such as {@code faces}
     * @param folder of the run
     * @param step steps done already; above 0 when the run goes on
     * @param steps of the whole run
     */
    default void begins(String stage, Path folder, long step, long steps) {}

    /**
     * Something is made that the training needs, before its first step or in between.
     *
     * @param what for instance {@code features of clips}
     * @param done of {@code all}
     */
    default void preparing(String what, long done, long all) {}

    /** A step is done. */
    default void step(Progress progress) {}

    /** A checkpoint is complete. */
    default void checkpoint(long step, Path folder) {}

    /** The model was looked at: figures by name, and the folder with pictures or videos. */
    default void validated(long step, Path folder, Map<String, Double> figures) {}

    /** Something the user should know although the work goes on. One line. */
    default void warning(String line) {}

    /** The stage is done; {@code result} is the model it made. */
    default void ends(String stage, Path result) {}

    /** Tells all of {@code listeners}, in order. */
    static TrainingListener all(List<? extends TrainingListener> listeners) {
        return new TrainingListener() {
            @Override
            public void begins(String stage, Path folder, long step, long steps) {
                listeners.forEach(listener -> listener.begins(stage, folder, step, steps));
            }

            @Override
            public void preparing(String what, long done, long all) {
                listeners.forEach(listener -> listener.preparing(what, done, all));
            }

            @Override
            public void step(Progress progress) {
                listeners.forEach(listener -> listener.step(progress));
            }

            @Override
            public void checkpoint(long step, Path folder) {
                listeners.forEach(listener -> listener.checkpoint(step, folder));
            }

            @Override
            public void validated(long step, Path folder, Map<String, Double> figures) {
                listeners.forEach(listener -> listener.validated(step, folder, figures));
            }

            @Override
            public void warning(String line) {
                listeners.forEach(listener -> listener.warning(line));
            }

            @Override
            public void ends(String stage, Path result) {
                listeners.forEach(listener -> listener.ends(stage, result));
            }
        };
    }
}
