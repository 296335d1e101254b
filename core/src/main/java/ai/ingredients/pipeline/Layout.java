package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who stands where is settled early. From nearly pure noise chance lays out people and clothes each by itself, so that half
 * of the clothes end up on somebody else; in the first part of a run, therefore,
 *
 * <ul>
 *   <li>everybody gets a place of their own: the one that was asked for ({@link Placement}), or else that of as many upright
 *       strips of the frame as there are people where the routers would rather have them after {@code settle};
 *   <li>words that stand for somebody who has a name ({@link PersonWords}) are heard at that person's place alone: elsewhere
 *       {@code wordStrength} is taken off the logits of the video's attention to them, as in regional prompting.
 * </ul>
 *
 * Both ends at {@code until}; then router and words decide as ever, but for places that were asked for. Shares are of the
 * denoising steps, as in {@link GuidanceInterval}. Off unless a model or a caller asks for it; nothing changes with fewer than
 * two people.
 *
 * @param settle 0 … 1; the places are taken from the step before, or from step 0
 * @param until more than {@code settle}, at most 1
 * @param wordStrength 0 or more; 0 leaves all words heard everywhere
 */
public record Layout(double settle, double until, double wordStrength) {
    /** At a place that is not theirs, words weigh e^−5 of what they would. */
    public static final double DEFAULT_WORD_STRENGTH = 5;

    /** How it is asked for to have none. */
    private static final String OFF = "off";

    private static final double ROUNDING = 1e-9;

    public Layout {
        if (!(settle >= 0 && settle < until && until <= 1)) {
            throw new InvalidInputException("`layout` " + settle + ".." + until
                    + " is no part of a run; use shares of the steps such as 0.05..0.35, with 0 <= SETTLE <"
                    + " UNTIL <= 1");
        }
        if (!(wordStrength >= 0) || Double.isInfinite(wordStrength)) {
            throw new InvalidInputException("`layout` has a word strength of " + wordStrength
                    + "; it must be a number of 0 or more, " + Placement.number(DEFAULT_WORD_STRENGTH) + " is usual");
        }
    }

    /** With the usual strength. */
    public Layout(double settle, double until) {
        this(settle, until, DEFAULT_WORD_STRENGTH);
    }

    /**
     * {@code SETTLE..UNTIL} or {@code SETTLE..UNTIL,STRENGTH}, as in {@code 0.05..0.35,5}.
     *
     * @return none for {@code off}
     */
    public static @Nullable Layout parse(String text) {
        if (text.strip().toLowerCase(Locale.ROOT).equals(OFF)) {
            return null;
        }
        String[] parts = text.split(",", -1);
        String[] ends = parts[0].split("\\.\\.", -1);
        try {
            if (ends.length == 2 && parts.length <= 2) {
                double strength = parts.length == 1 ? DEFAULT_WORD_STRENGTH : Double.parseDouble(parts[1]);
                return new Layout(Double.parseDouble(ends[0]), Double.parseDouble(ends[1]), strength);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new InvalidInputException("`layout` \"" + text
                + "\" cannot be read; use SETTLE..UNTIL or SETTLE..UNTIL,STRENGTH, such as 0.05..0.35, or off");
    }

    /** The index of the step whose routers settle the places, of {@code steps}. */
    int settlingStep(int steps) {
        return Math.max((int) Math.ceil(settle * steps - ROUNDING) - 1, 0);
    }

    /** Whether step {@code index} of {@code steps} is before the end. */
    boolean holds(int index, int steps) {
        return index < until * steps - ROUNDING;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        String shares = settle + ".." + until;
        return wordStrength == DEFAULT_WORD_STRENGTH ? shares : shares + "," + Placement.number(wordStrength);
    }
}
