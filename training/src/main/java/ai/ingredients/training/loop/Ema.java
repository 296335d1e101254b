package ai.ingredients.training.loop;

import ai.ingredients.tensor.BoxedOp;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * Exponential moving average of parameters: {@code average ← decay · average + (1 − decay) · value}. The decay grows
 * from {@code (1 + n) / (10 + n)} to its value, so that first values are soon forgotten.
 *
 * <p>Owns its averages until {@link #close}; not thread-safe.
 */
public final class Ema implements AutoCloseable {
    private static final BoxedOp LERP = BoxedOp.find("aten::_foreach_lerp_", "Scalar");

    private final double decay;
    private final Map<String, Tensor> averages = new LinkedHashMap<>();

    /**
     * @param values fp32 tensors by name, copied
     * @param decay at least 0, below 1
     */
    public Ema(Map<String, Tensor> values, double decay) {
        this.decay = decay;
        try (Scope scope = Scope.inference()) {
            values.forEach((name, value) ->
                    averages.put(name, Scope.retain(value.detach().clone())));
        }
    }

    /**
     * Moves the averages towards {@code values}.
     *
     * @param step updates done before
     */
    public void update(Map<String, Tensor> values, long step) {
        double now = Math.min(decay, (1.0 + step) / (10.0 + step));
        try (Scope scope = Scope.inference()) {
            List<Tensor> own = new ArrayList<>(averages.values());
            List<Tensor> towards = new ArrayList<>();
            for (String name : averages.keySet()) {
                towards.add(Objects.requireNonNull(values.get(name), name).detach());
            }
            LERP.call(BoxedOp.tensors(own), BoxedOp.tensors(towards), BoxedOp.number(1 - now));
        }
    }

    /** The averages by name; they stay this object's. */
    public Map<String, Tensor> averages() {
        return averages;
    }

    @Override
    public void close() {
        averages.values().forEach(Tensor::close);
        averages.clear();
    }
}
