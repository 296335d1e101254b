package ai.ingredients.training.face;

import ai.ingredients.weights.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** What a network in training consists of. */
final class FaceParameters {
    private FaceParameters() {}

    /** Those that learn, by state-dict name. */
    static Map<String, Tensor> learned(Weights weights) {
        return filtered(weights, true);
    }

    /** Running statistics and fixed scales, by state-dict name. */
    static Map<String, Tensor> buffers(Weights weights) {
        return filtered(weights, false);
    }

    private static Map<String, Tensor> filtered(Weights weights, boolean learned) {
        Map<String, Tensor> chosen = new LinkedHashMap<>();
        weights.parameters().forEach((name, tensor) -> {
            if (tensor.requires_grad() == learned) {
                chosen.put(name, tensor);
            }
        });
        return chosen;
    }

    /**
     * The network's own tensors out of everything that learned, without heads that only training needs.
     *
     * @param values by name; where one is missing the network's own counts
     */
    static Map<String, Tensor> exported(Weights network, Map<String, Tensor> values) {
        Map<String, Tensor> chosen = new LinkedHashMap<>();
        network.parameters()
                .forEach((name, own) -> chosen.put(name, Objects.requireNonNullElse(values.get(name), own)));
        return chosen;
    }
}
