package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Noise;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What is learned from what: a model, its batches and its loss. {@link Trainer} does the rest.
 *
 * <p>{@link #batch} runs on loader threads and touches no tensor that learns; everything else runs on the training
 * thread, but for {@link #losses} of a {@link #concurrent} stage. A batch and a loss are pure functions of their numbers and seeds, so that a resumed run repeats an
 * uninterrupted one.
 *
 * @param <B> a batch, on the Java heap
 */
public interface Stage<B> extends AutoCloseable {
    /** For folders and messages, for instance {@code faces}. */
    String name();

    /** What learns. The tensors stay this stage's. */
    List<ParameterGroup> parameters();

    /** Tensors that change without gradients and belong to the model, such as running statistics; by name. */
    default Map<String, Tensor> buffers() {
        return Map.of();
    }

    /**
     * Makes batch {@code index}.
     *
     * @throws InvalidInputException when a sample is broken, naming its file
     */
    B batch(long index);

    /** How many samples a batch holds, for the speed shown. */
    int samples(B batch);

    /** Which samples a batch holds, for messages about it. */
    String describe(B batch);

    /**
     * The loss of a batch, with gradients recorded. Called in a scope of the trainer's.
     *
     * @param step optimiser steps taken so far, for schedules
     * @param noise every random draw; seeded by run and batch
     */
    Losses losses(B batch, long step, Noise noise);

    /** Whether {@link #losses} may be called for several batches at once, each on a thread of its own. */
    default boolean concurrent() {
        return false;
    }

    /**
     * A loss and the figures that make it up.
     *
     * @param total the scalar to minimise
     * @param parts scalars to report, by name; {@code loss} itself is added by the trainer
     * @param backward adds the gradients of a scalar made of {@code total} to what learns
     */
    record Losses(Tensor total, Map<String, Tensor> parts, Consumer<Tensor> backward) {
        /** With the ordinary backward pass. */
        public Losses(Tensor total, Map<String, Tensor> parts) {
            this(total, parts, Tensor::backward);
        }
    }

    /**
     * Figures that a training of this stage is about, by name, and what it means when no step has one that is a number: a
     * warning of one line. For figures that depend on the data.
     */
    default Map<String, String> awaited() {
        return Map.of();
    }

    /**
     * Called when all gradients of a step are there, before they are clipped and used; also before they are dropped
     * because a loss was not finite. For parameters whose gradients follow from those of other tensors.
     */
    default void gradientsReady() {}

    /**
     * Called when {@link #parameters} got new values: after a step, and after a checkpoint was loaded. For tensors that
     * follow from them.
     */
    default void parametersChanged() {}

    /**
     * What is wrong with what is being learned, by the figures of a step that is logged; it is told to whoever watches.
     *
     * @return none when all is well, or cannot be said
     * @throws ai.ingredients.OperationFailedException when it is wrong and the stage's settings say to stop then
     */
    default @Nullable String complaint(long step, Map<String, Double> figures) {
        return null;
    }

    /**
     * Writes the model in its official layout.
     *
     * @param folder an existing folder to write into
     * @param values of every parameter and buffer by name, fp32, possibly their moving averages; names that do not learn
     *     may be missing, then the stage's own values count
     */
    void export(Path folder, Map<String, Tensor> values);

    /**
     * Looks at the model on data it does not learn from: writes pictures or videos under {@code folder}.
     *
     * @param values as in {@link #export}
     * @return figures to log, by name
     */
    default Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        return Map.of();
    }

    @Override
    void close();
}
