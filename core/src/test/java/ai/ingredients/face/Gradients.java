package ai.ingredients.face;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.tensor.Ops;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** One training pass of a face network against PyTorch's. */
final class Gradients {
    private Gradients() {}

    /** The loss the vectors were made with: Σ x · (−1 … 1 in equal steps). */
    static Tensor ramp(Tensor x) {
        Tensor steps = torch.linspace(new Scalar(-1.0), new Scalar(1.0), x.numel(), new TensorOptions(x.scalar_type()));
        return x.mul(steps.reshape(Ops.shape(x))).sum();
    }

    /**
     * Compares {@code out_grad/<parameter>} and {@code out_state/<buffer>} of {@code fixture} with what a backward pass
     * left in {@code weights}, and the norms of all gradients, by sorted names, with
     * {@code out_grad_norms}.
     *
     * @return how many tensors were compared, the norms aside
     */
    static int check(Fixture fixture, Weights weights, double tolerance) {
        int compared = 0;
        Map<String, Tensor> parameters = new TreeMap<>(weights.parameters());
        for (String key : fixture.names()) {
            if (key.startsWith("out_grad/")) {
                fixture.check(key, named(parameters, key, "out_grad/").grad(), tolerance);
                compared++;
            } else if (key.startsWith("out_state/")) {
                Tensor buffer = named(parameters, key, "out_state/");
                assertFalse(buffer.requires_grad(), key);
                fixture.check(key, buffer, tolerance);
                compared++;
            }
        }
        List<Tensor> norms = new ArrayList<>();
        parameters.values().stream()
                .filter(Tensor::requires_grad)
                .forEach(p -> norms.add(p.grad().norm()));
        assertTrue(norms.size() > 1);
        fixture.check("out_grad_norms", Ops.stack(0, norms.toArray(Tensor[]::new)), tolerance);
        return compared;
    }

    private static Tensor named(Map<String, Tensor> parameters, String key, String prefix) {
        return Objects.requireNonNull(parameters.get(key.substring(prefix.length())), key);
    }
}
