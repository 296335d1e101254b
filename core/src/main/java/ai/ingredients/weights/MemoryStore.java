package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** {@link TensorStore#of}: tensors that are in memory already. */
class MemoryStore implements TensorStore {
    private final Map<String, Tensor> tensors;
    private final String source;

    MemoryStore(Map<String, Tensor> tensors, String source) {
        this.tensors = new LinkedHashMap<>(tensors);
        this.source = source;
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        try {
            return TensorInfo.of(tensor(name));
        } catch (InvalidInputException e) {
            throw new InvalidInputException("tensor \"" + name + "\": " + e.getMessage(), e);
        }
    }

    @Override
    public Tensor get(String name) {
        return tensor(name).detach();
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new InvalidInputException(source + ": has no tensor \"" + name + "\"");
        }
        return tensor;
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public void close() {
        // the tensors are the caller's
    }
}
