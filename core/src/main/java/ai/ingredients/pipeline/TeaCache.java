package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out the transformer's blocks, as {@link MagCache} does, where the timestep embedding tells that the prediction will
 * hardly move: a step takes over what the last computed one added while the sum of what the model's {@link TeaPolynomial}
 * makes of the embedding's changes since then stays below the threshold. The first and the last step are always computed.
 *
 * <p>For CogVideoX the authors look at the timestep embedding itself, not at what it makes of the noisy input, and their
 * coefficients are for that. So which steps are repeated depends on timesteps and weights only, is one decision for all rows
 * of a step, and is known before the first one.
 *
 * <p>Source: TeaCache, arXiv 2411.19108, equations 4 to 6, as in its authors' code for CogVideoX 1.5 and ConsisID.
 *
 * @param threshold the sum below which steps are repeated; 0 repeats none
 * @param polynomial none for the model's own
 */
public record TeaCache(double threshold, @Nullable TeaPolynomial polynomial) {
    /** The authors' threshold, with the model's own polynomial. */
    public static final TeaCache DEFAULT = new TeaCache(0.2, null);

    public TeaCache {
        if (!(threshold >= 0 && Double.isFinite(threshold))) {
            throw new InvalidInputException("`teaCache` has threshold " + threshold + "; expected at least 0");
        }
    }

    /** A threshold; the default where {@code text} is empty. */
    public static TeaCache parse(String text) {
        try {
            return text.isEmpty() ? DEFAULT : new TeaCache(Double.parseDouble(text), null);
        } catch (NumberFormatException e) {
            throw new InvalidInputException("`teaCache` \"" + text + "\" cannot be read; use a threshold, such as 0.2");
        }
    }

    /** The same with another polynomial. */
    public TeaCache with(@Nullable TeaPolynomial other) {
        return new TeaCache(threshold, other);
    }

    /**
     * Which steps take over what the last computed one added.
     *
     * @param changes of the timestep embedding since the step before, for each step of the run
     * @param mustCompute steps for which nothing can be taken over, by their index
     */
    boolean[] repeated(double[] changes, boolean[] mustCompute) {
        if (polynomial == null) {
            throw new IllegalStateException("the polynomial is not settled yet");
        }
        boolean[] repeated = new boolean[changes.length];
        double sum = 0;
        for (int i = 1; i < changes.length - 1; i++) {
            sum += polynomial.at(changes[i]);
            repeated[i] = !mustCompute[i] && threshold > 0 && sum < threshold; // sums may be negative
            if (!repeated[i]) {
                sum = 0;
            }
        }
        return repeated;
    }
}
