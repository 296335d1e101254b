package ai.ingredients.weights;

import ai.ingredients.tensor.Compute;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A model, the weights it borrows and the file these are read from: one owner of all three.
 *
 * <pre>{@code
 * try (Loaded<IResNet> loaded = Loaded.open(folder, compute, weights -> new IResNet(weights, config))) {
 *     Tensor embeddings = loaded.model().forward(loaded.compute().place(faces));
 * }
 * }</pre>
 *
 * <p>Closing it frees the weights: the model is not to be used afterwards. Not thread-safe.
 */
public final class Loaded<M> implements AutoCloseable {
    private final M model;
    private final Weights weights;
    private final TensorStore store;

    private Loaded(M model, Weights weights, TensorStore store) {
        this.model = model;
        this.weights = weights;
        this.store = store;
    }

    /**
     * Opens {@code path}, a file or folder as {@link Checkpoint#openOnly} takes it, and builds the model of all of it.
     *
     * @throws ai.ingredients.InvalidInputException when it is missing or damaged, or its tensors are not the model's
     */
    public static <M> Loaded<M> open(Path path, Compute compute, Function<Weights, M> build) {
        return of(Checkpoint.openOnly(path), compute, build);
    }

    /**
     * As {@link #open} for a store that is open; it is closed with the result, and also when this fails.
     *
     * @param build takes what the model needs; what it leaves in the store is refused
     */
    public static <M> Loaded<M> of(TensorStore store, Compute compute, Function<Weights, M> build) {
        return of(store, compute, UnaryOperator.identity(), build);
    }

    /**
     * As above for a model that is one part of what is stored.
     *
     * @param part where in the weights the model is; what lies elsewhere is not looked at
     */
    public static <M> Loaded<M> of(
            TensorStore store, Compute compute, UnaryOperator<Weights> part, Function<Weights, M> build) {
        Weights weights = Weights.of(store, compute);
        try {
            Weights own = part.apply(weights);
            M model = build.apply(own);
            own.verify();
            return new Loaded<>(model, weights, store);
        } catch (RuntimeException e) {
            weights.close();
            store.close();
            throw e;
        }
    }

    public M model() {
        return model;
    }

    /** Where and in what precision the weights are. */
    public Compute compute() {
        return weights.compute();
    }

    @Override
    public void close() {
        weights.close();
        store.close();
    }
}
