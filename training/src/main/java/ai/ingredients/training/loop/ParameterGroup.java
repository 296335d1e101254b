package ai.ingredients.training.loop;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Parameters that learn in the same way.
 *
 * @param name for metrics, for instance {@code face modules}
 * @param parameters leaf tensors that require gradients, by state-dict name; owned by who loaded them
 * @param learningRateFactor multiplies the schedule's learning rate
 * @param weightDecay of AdamW, decoupled
 * @param maxGradNorm the group's own gradients are scaled so that their norm is at most this, before all are clipped
 *     together; infinite leaves them
 */
public record ParameterGroup(
        String name,
        Map<String, Tensor> parameters,
        double learningRateFactor,
        double weightDecay,
        double maxGradNorm) {
    /** Clipped with all others only. */
    public ParameterGroup(String name, Map<String, Tensor> parameters, double learningRateFactor, double weightDecay) {
        this(name, parameters, learningRateFactor, weightDecay, Double.POSITIVE_INFINITY);
    }

    public ParameterGroup {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        if (parameters.isEmpty()) {
            throw new IllegalArgumentException("parameter group " + name + " is empty");
        }
    }
}
