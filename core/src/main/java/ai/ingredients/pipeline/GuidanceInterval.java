package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;

/**
 * The part of a run in which guidance acts (arXiv 2404.07724), as shares of its steps: step i of n is inside where
 * {@code from · n ≤ i < to · n}. Outside, a step computes the prediction with prompt and photos alone, one row in place of
 * two or three.
 *
 * @param from 0 … 1
 * @param to more than {@code from}, at most 1
 */
public record GuidanceInterval(double from, double to) {
    /** Guidance in every step: the default. */
    public static final GuidanceInterval WHOLE = new GuidanceInterval(0, 1);

    private static final double ROUNDING = 1e-9;

    public GuidanceInterval {
        if (!(from >= 0 && from < to && to <= 1)) {
            throw new InvalidInputException("`guidanceInterval` " + from + ".." + to
                    + " is no part of a run; use shares of the steps such as 0.2..0.8, with 0 <= FROM < TO <= 1");
        }
    }

    /** {@code FROM..TO}, as in {@code 0.2..0.8}. */
    public static GuidanceInterval parse(String text) {
        String[] ends = text.split("\\.\\.", -1);
        try {
            if (ends.length == 2) {
                return new GuidanceInterval(Double.parseDouble(ends[0]), Double.parseDouble(ends[1]));
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new InvalidInputException(
                "`guidanceInterval` \"" + text + "\" is not two numbers; use FROM..TO, such as 0.2..0.8");
    }

    /** Whether step {@code index} of {@code steps} is inside. */
    boolean holds(int index, int steps) {
        return index >= from * steps - ROUNDING && index < to * steps - ROUNDING;
    }

    @Override
    public String toString() {
        return from + ".." + to;
    }
}
