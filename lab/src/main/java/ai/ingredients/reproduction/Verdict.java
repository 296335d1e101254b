package ai.ingredients.reproduction;

import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SeededInterval;

/** Whether an ordering of the paper's holds here, by the interval of the difference over cases. */
enum Verdict {
    /** Better, and the whole interval is, over enough cases. */
    REPRODUCED("reproduced"),
    /** Better on the mean, but the interval reaches over zero or there are too few cases. */
    SAME_SIGN("right sign, not certain"),
    /** Worse on the mean, but the interval reaches over zero or there are too few cases. */
    OTHER_SIGN("other sign, not certain"),
    /** Worse, and the whole interval is, over enough cases. */
    CONTRADICTED("contradicted"),
    /** There is nothing to compare. */
    UNKNOWN("not measured");

    /**
     * With fewer cases nothing is certain, whatever the resampled interval says: all of n differences have one sign by
     * chance in 2 of 2^n draws, which first is rarer than one in twenty with six.
     */
    static final int LEAST_CASES = 6;

    private final String text;

    Verdict(String text) {
        this.text = text;
    }

    /** @param gain how much better the row is that should be better; positive is better */
    static Verdict of(Interval gain) {
        if (gain.count() == 0) {
            return UNKNOWN;
        }
        boolean enough = gain.count() >= LEAST_CASES;
        if (enough && gain.low() > 0) {
            return REPRODUCED;
        }
        if (enough && gain.high() < 0) {
            return CONTRADICTED;
        }
        return gain.mean() > 0 ? SAME_SIGN : OTHER_SIGN;
    }

    /**
     * By an interval over training seeds and cases, which one seed or one case leaves open.
     *
     * @param gain how much better the row is that should be better; positive is better
     */
    static Verdict of(SeededInterval gain) {
        return of(new Interval(gain.mean(), gain.low(), gain.high(), gain.cases()));
    }

    /** The same without certainty: by one training, where another might say otherwise. */
    Verdict uncertain() {
        return switch (this) {
            case REPRODUCED -> SAME_SIGN;
            case CONTRADICTED -> OTHER_SIGN;
            default -> this;
        };
    }

    /** Whether more cases or seeds could tell. */
    boolean undecided() {
        return this == SAME_SIGN || this == OTHER_SIGN;
    }

    @Override
    public String toString() {
        return text;
    }
}
