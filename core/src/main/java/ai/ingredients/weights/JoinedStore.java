package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Several stores read as one, in which each name belongs to one of them. Closing it closes all of them. */
abstract sealed class JoinedStore implements TensorStore permits OverlayStore, ShardedStore {
    private final List<TensorStore> stores;
    private final Map<String, TensorStore> owner;
    private final String source;

    /**
     * @param stores what to close in the end
     * @param owner the store of every name, in the order of the names
     * @param source what messages call it
     */
    JoinedStore(List<TensorStore> stores, Map<String, TensorStore> owner, String source) {
        this.stores = stores;
        this.owner = Collections.unmodifiableMap(owner);
        this.source = source;
    }

    @Override
    public Set<String> names() {
        return owner.keySet();
    }

    @Override
    public TensorInfo info(String name) {
        return owner(name).info(name);
    }

    @Override
    public Tensor get(String name) {
        return owner(name).get(name);
    }

    @Override
    public void readAhead() {
        stores.forEach(TensorStore::readAhead);
    }

    @Override
    public void bringIn(String name) {
        owner(name).bringIn(name);
    }

    @Override
    public void giveBack(String name) {
        owner(name).giveBack(name);
    }

    private TensorStore owner(String name) {
        TensorStore store = owner.get(name);
        if (store == null) {
            throw new InvalidInputException(source + ": has no tensor \"" + name + "\"");
        }
        return store;
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public void close() {
        stores.forEach(TensorStore::close);
    }
}
