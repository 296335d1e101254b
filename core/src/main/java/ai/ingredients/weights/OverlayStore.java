package ai.ingredients.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Several stores seen as one: a tensor comes from the first store that has it. For a trained part over its base model,
 * for instance. Closing it closes all of them.
 */
public final class OverlayStore extends JoinedStore {
    /** @param stores the one that wins first */
    public OverlayStore(List<? extends TensorStore> stores) {
        super(
                List.copyOf(stores),
                firstOwners(stores),
                String.join(" over ", stores.stream().map(TensorStore::source).toList()));
    }

    private static Map<String, TensorStore> firstOwners(List<? extends TensorStore> stores) {
        Map<String, TensorStore> owner = new LinkedHashMap<>();
        for (TensorStore store : stores) {
            store.names().forEach(name -> owner.putIfAbsent(name, store));
        }
        return owner;
    }
}
