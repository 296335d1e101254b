package ai.ingredients.weights;

import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Named tensors on disk, opened but not copied.
 *
 * <p>Thread-safe for reading. Closing a store invalidates every tensor it handed out.
 */
public interface TensorStore extends AutoCloseable {
    /** All tensor names, in file order. */
    Set<String> names();

    /**
     * Dtype and shape of {@code name}.
     *
     * @throws ai.ingredients.InvalidInputException when there is no such tensor
     */
    TensorInfo info(String name);

    /**
     * A view of the stored values of {@code name} on the CPU in the stored dtype, owned by the innermost scope and valid
     * until this store is closed. Never write into it: the mapping behind it is read-only.
     *
     * @throws ai.ingredients.InvalidInputException when there is no such tensor
     */
    Tensor get(String name);

    /** Where the tensors come from, for messages: a file or a folder. */
    String source();

    @Override
    void close();
}
