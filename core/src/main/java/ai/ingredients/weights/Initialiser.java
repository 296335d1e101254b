package ai.ingredients.weights;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * First values of a model's parameters by their names and shapes: vectors called {@code weight} are 1 and other vectors
 * 0 (norms and biases), everything else is Gaussian with deviation {@code gain / √fan-in}. Rules for names come first.
 *
 * <p>Every tensor's draw depends on the seed and its name only, so adding a module leaves the others as they were.
 */
public final class Initialiser implements Weights.Initial {
    private record Rule(Pattern name, double mean, double deviation) {}

    private final long seed;
    private final double gain;
    private final List<Rule> rules = new ArrayList<>();

    /**
     * @param seed of all draws
     * @param gain 1 keeps the variance through a linear layer; {@code torch.nn.Linear} has 0.577
     */
    public Initialiser(long seed, double gain) {
        this.seed = seed;
        this.gain = gain;
    }

    /** Parameters whose whole name matches {@code regex} are Gaussian with this deviation; 0 makes them zeros. */
    public Initialiser rule(String regex, double deviation) {
        rules.add(new Rule(Pattern.compile(regex), 0, deviation));
        return this;
    }

    /** Parameters whose whole name matches {@code regex} all have this value. */
    public Initialiser constant(String regex, double value) {
        rules.add(new Rule(Pattern.compile(regex), value, 0));
        return this;
    }

    @Override
    public Tensor values(String name, long... shape) {
        for (Rule rule : rules) {
            if (rule.name.matcher(name).matches()) {
                return Ops.plus(gaussian(name, rule.deviation, shape), rule.mean);
            }
        }
        if (shape.length < 2) {
            double value = name.endsWith("weight") ? 1 : 0;
            return Ops.plus(torch.zeros(shape, new TensorOptions(ScalarType.Float)), value);
        }
        long fanIn = 1;
        for (int i = 1; i < shape.length; i++) {
            fanIn *= shape[i];
        }
        return gaussian(name, gain / Math.sqrt(fanIn), shape);
    }

    private Tensor gaussian(String name, double deviation, long... shape) {
        if (deviation == 0) {
            return torch.zeros(shape, new TensorOptions(ScalarType.Float));
        }
        try (Noise noise = new Noise(seed * 0x9E3779B97F4A7C15L ^ name.hashCode())) {
            return Ops.scale(noise.gaussian(Compute.CPU_FP32, shape), deviation);
        }
    }
}
