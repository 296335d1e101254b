package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Several stores seen as one: a tensor comes from the first store that has it. For a trained part over its base model,
 * for instance. Closing it closes all of them.
 */
public final class OverlayStore implements TensorStore {
    private final List<TensorStore> stores;
    private final Map<String, TensorStore> owner = new LinkedHashMap<>();

    /** @param stores the one that wins first */
    public OverlayStore(List<? extends TensorStore> stores) {
        this.stores = List.copyOf(stores);
        for (TensorStore store : stores) {
            store.names().forEach(name -> owner.putIfAbsent(name, store));
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(owner.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        return owner(name).info(name);
    }

    @Override
    public Tensor get(String name) {
        return owner(name).get(name);
    }

    private TensorStore owner(String name) {
        TensorStore store = owner.get(name);
        if (store == null) {
            throw new InvalidInputException(source() + ": has no tensor \"" + name + "\"");
        }
        return store;
    }

    @Override
    public String source() {
        return String.join(" over ", stores.stream().map(TensorStore::source).toList());
    }

    @Override
    public void close() {
        stores.forEach(TensorStore::close);
    }
}
