package ai.ingredients.weights;

import ai.ingredients.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Named tensors on disk, opened but not copied.
 *
 * <p>Thread-safe for reading. Closing a store invalidates every tensor it handed out: using one afterwards can end the
 * process.
 */
public interface TensorStore extends AutoCloseable {
    /** All tensor names, in file order; asking is free. */
    Set<String> names();

    /**
     * Dtype and shape of {@code name}.
     *
     * @throws ai.ingredients.InvalidInputException when there is no such tensor
     */
    TensorInfo info(String name);

    /**
     * A view of the stored values of {@code name} on the CPU in the stored dtype, owned by the innermost scope and valid
     * until this store is closed. Never write into it: the mapping behind it is read-only. Stores of PyTorch pickles may
     * hand out views that are not contiguous.
     *
     * @throws ai.ingredients.InvalidInputException when there is no such tensor
     */
    Tensor get(String name);

    /**
     * Low-rank terms of the matrix {@code name} that are not in its values and that its model adds by itself: fp32 on the
     * CPU, owned by the innermost scope. Hardly any store has them.
     */
    default List<LowRankTerm> beside(String name) {
        return List.of();
    }

    /** Elements of what {@link #beside} tells of {@code name}; asking is free. */
    default long elementsBeside(String name) {
        return 0;
    }

    /** Whether the values of {@code name} are computed as they are read, and so are a copy in memory and no view. */
    default boolean computed(String name) {
        return false;
    }

    /** Begins to bring all values from disk, every file by itself, and does not wait. Where they are not mapped, nothing. */
    default void readAhead() {}

    /** Waits until the values of {@code name} are in memory. Where they are not mapped, nothing. */
    default void bringIn(String name) {}

    /**
     * The values of {@code name} need not stay in this process's memory: views of them stay valid, and are read again when
     * they are looked at. Where they are not mapped, nothing.
     */
    default void giveBack(String name) {}

    /** Where the tensors come from, for messages: a file or a folder. */
    String source();

    /** Whether there is a tensor {@code name}. */
    default boolean has(String name) {
        return names().contains(name);
    }

    /** What all tensors of {@code store} take as they are stored; those of types that are not known are not counted. */
    static long bytes(TensorStore store) {
        return store.names().stream()
                .map(store::info)
                .filter(info -> info.dtype() != DType.OTHER)
                .mapToLong(TensorInfo::bytes)
                .sum();
    }

    /** This store under other names, see {@link RenamedStore}; closing the result closes this. */
    default TensorStore renamed(Function<String, @Nullable String> rename) {
        return new RenamedStore(this, rename);
    }

    /**
     * A store of tensors in memory, on any device. The tensors stay the caller's: closing the store does nothing, and
     * they must live as long as it is used.
     *
     * @param source what messages call it
     */
    static TensorStore of(Map<String, Tensor> tensors, String source) {
        return new MemoryStore(tensors, source);
    }

    @Override
    void close();
}
