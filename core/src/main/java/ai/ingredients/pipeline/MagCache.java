package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out the transformer's blocks where a step would hardly add anything else than the last computed one did: that step
 * then takes over what the blocks added, and only embeds and projects by itself. How far the two would differ is known
 * beforehand from the model's {@link MagnitudeRatios}, so which steps are repeated is settled before the first one.
 *
 * <p>With γ the ratio between a step and the last computed one, the product of the ratios in between, repeating costs
 * |1 − γ|. A step is repeated while the sum of those since the last computed step stays below the threshold.
 *
 * <p>Source: MagCache, arXiv 2506.09045, equations 6 to 8 and algorithm 1.
 *
 * @param threshold the sum below which steps are repeated; 0 repeats none
 * @param mostRepeats at most so many steps in a row (K of the paper)
 * @param retention share of the steps at the beginning that are always computed
 * @param ratios none for those in the model's folder
 */
public record MagCache(
        double threshold,
        int mostRepeats,
        double retention,
        @Nullable MagnitudeRatios ratios) {
    /** The values of the paper's "fast" setting, with the model's own ratios. */
    public static final MagCache DEFAULT = new MagCache(0.12, 4, 0.2, null);

    public MagCache {
        if (!(threshold >= 0 && Double.isFinite(threshold)) || mostRepeats < 1 || !(retention >= 0 && retention <= 1)) {
            throw new InvalidInputException("`magCache` has threshold " + threshold + ", at most " + mostRepeats
                    + " repeated steps and retention " + retention
                    + "; expected at least 0, at least 1, and 0 to 1");
        }
    }

    /** {@code THRESHOLD[,MOST-REPEATS[,RETENTION]]}; what is left out or empty is the default. */
    public static MagCache parse(String text) {
        String[] parts = text.split(",", -1);
        try {
            if (parts.length <= 3) {
                return new MagCache(
                        said(parts, 0) ? Double.parseDouble(parts[0]) : DEFAULT.threshold,
                        said(parts, 1) ? Integer.parseInt(parts[1]) : DEFAULT.mostRepeats,
                        said(parts, 2) ? Double.parseDouble(parts[2]) : DEFAULT.retention,
                        null);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new InvalidInputException("`magCache` \"" + text
                + "\" cannot be read; use THRESHOLD, or THRESHOLD,MOST-REPEATS,RETENTION, such as 0.12,4,0.2");
    }

    private static boolean said(String[] parts, int index) {
        return index < parts.length && !parts[index].isEmpty();
    }

    /** The same with other ratios. */
    public MagCache with(MagnitudeRatios other) {
        return new MagCache(threshold, mostRepeats, retention, other);
    }

    /**
     * Which steps take over what the last computed one added.
     *
     * @param steps of the run
     * @param mustCompute steps for which nothing can be taken over, by their index
     */
    boolean[] repeated(int steps, boolean[] mustCompute) {
        if (ratios == null) {
            throw new IllegalStateException("the ratios are not settled yet");
        }
        double[] ratio = ratios.of(steps);
        boolean[] repeated = new boolean[steps];
        double fromComputed = 1;
        double error = 0;
        int inRow = 0;
        for (int i = (int) (steps * retention); i < steps; i++) {
            fromComputed *= ratio[i];
            error += Math.abs(1 - fromComputed);
            inRow++;
            repeated[i] = i > 0 && !mustCompute[i] && error < threshold && inRow <= mostRepeats;
            if (!repeated[i]) {
                fromComputed = 1;
                error = 0;
                inRow = 0;
            }
        }
        return repeated;
    }
}
