package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A store seen under other names: the one key map of a foreign checkpoint. The function maps a stored name to ours, or to
 * null for tensors that are not wanted.
 *
 * <pre>{@code
 * TensorStore detector = Checkpoint.open(path).renamed(RenamedStore.without("module."));
 * }</pre>
 */
public final class RenamedStore implements TensorStore {
    private final TensorStore inner;
    private final Map<String, String> stored = new LinkedHashMap<>();

    /**
     * @param inner closed together with this
     * @throws InvalidInputException when two tensors get the same name; {@code inner} is then still open
     */
    public RenamedStore(TensorStore inner, Function<String, @Nullable String> rename) {
        this.inner = inner;
        for (String name : inner.names()) {
            String ours = rename.apply(name);
            String other = ours == null ? null : stored.putIfAbsent(ours, name);
            if (other != null) {
                throw new InvalidInputException(inner.source() + ": tensors \"" + other + "\" and \"" + name
                        + "\" would both be called \"" + ours + "\"; the checkpoint is of another kind");
            }
        }
    }

    /** Takes {@code prefix} off the names that begin with it, for instance {@code module.} of {@code DataParallel}. */
    public static Function<String, @Nullable String> without(String prefix) {
        return name -> name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    }

    /** Keeps only what is below {@code prefix}, and takes it off. */
    public static Function<String, @Nullable String> below(String prefix) {
        return name -> name.startsWith(prefix) ? name.substring(prefix.length()) : null;
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(stored.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        return inner.info(storedName(name));
    }

    @Override
    public Tensor get(String name) {
        return inner.get(storedName(name));
    }

    @Override
    public void readAhead() {
        inner.readAhead();
    }

    @Override
    public void bringIn(String name) {
        inner.bringIn(storedName(name));
    }

    @Override
    public void giveBack(String name) {
        inner.giveBack(storedName(name));
    }

    private String storedName(String name) {
        String found = stored.get(name);
        if (found == null) {
            throw new InvalidInputException(inner.source() + ": has no tensor for \"" + name + "\"");
        }
        return found;
    }

    @Override
    public String source() {
        return inner.source();
    }

    @Override
    public void close() {
        inner.close();
    }
}
