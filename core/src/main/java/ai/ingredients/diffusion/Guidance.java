package ai.ingredients.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import java.math.BigDecimal;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/**
 * Classifier-free guidance (arXiv 2207.12598): how far each step goes beyond the prediction for the negative prompt.
 */
public enum Guidance {
    /** The same scale at every step: the default. */
    CONSTANT {
        @Override
        public double scale(double scale, int steps, int index, long timestep) {
            return scale;
        }
    },
    /**
     * What the official pipeline calls dynamic guidance: {@code 1 + scale · (1 − cos(π · ((n − t) / n)⁵)) / 2}, with
     * the raw timestep {@code t} (up to 999) where the number of steps to go was meant. The argument runs to millions,
     * so the scale jumps between 1 and 1 + scale from step to step.
     */
    DYNAMIC {
        @Override
        public double scale(double scale, int steps, int index, long timestep) {
            return ramp(scale, (double) (steps - timestep) / steps);
        }
    },
    /**
     * Dynamic guidance as its authors meant it: the same ramp by the share of steps already done, so the scale rises
     * smoothly from 1 at the first step towards 1 + scale at the last. Not in the official pipeline.
     */
    DYNAMIC_CORRECTED {
        @Override
        public double scale(double scale, int steps, int index, long timestep) {
            return ramp(scale, (double) index / steps);
        }
    };

    /**
     * The guidance of one step.
     *
     * @param scale the scale the user asked for; guidance is off altogether when that is at most 1
     * @param steps number of steps of the run
     * @param index this step, from 0
     * @param timestep this step's timestep
     */
    public abstract double scale(double scale, int steps, int index, long timestep);

    private static double ramp(double scale, double progress) {
        // The fifth power reaches 1e15, where its last bit moves the cosine: rounded once here, as glibc's pow is.
        double fifth = new BigDecimal(progress).pow(5).doubleValue();
        return 1 + scale * ((1 - StrictMath.cos(Math.PI * fifth)) / 2);
    }

    /** {@code negative + scale · (positive − negative)}; three tensors of one shape. */
    public static Tensor apply(Tensor negative, Tensor positive, double scale) {
        return negative.add(Ops.scale(positive.sub(negative), scale));
    }

    /** {@code constant}, {@code dynamic} or {@code dynamic-corrected}. */
    public static Guidance parse(String text) {
        for (Guidance guidance : values()) {
            if (guidance.toString().equalsIgnoreCase(text)) {
                return guidance;
            }
        }
        throw new InvalidInputException(
                "guidance \"" + text + "\" is not known; use constant, dynamic or dynamic-corrected");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
