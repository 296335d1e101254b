package ai.ingredients.reproduction;

import ai.ingredients.evaluation.Interval;

/** Whether an ordering of the paper's holds here, by the interval of the difference over cases. */
enum Verdict {
    /** Better, and the whole interval is. */
    REPRODUCED("reproduced"),
    /** Better on the mean, but the interval reaches over zero. */
    SAME_SIGN("right sign, not certain"),
    /** Worse on the mean, but the interval reaches over zero. */
    OTHER_SIGN("other sign, not certain"),
    /** Worse, and the whole interval is. */
    CONTRADICTED("contradicted"),
    /** There is nothing to compare. */
    UNKNOWN("not measured");

    private final String text;

    Verdict(String text) {
        this.text = text;
    }

    /** @param gain how much better the row is that should be better; positive is better */
    static Verdict of(Interval gain) {
        if (gain.count() == 0) {
            return UNKNOWN;
        }
        if (gain.low() > 0) {
            return REPRODUCED;
        }
        if (gain.high() < 0) {
            return CONTRADICTED;
        }
        return gain.mean() > 0 ? SAME_SIGN : OTHER_SIGN;
    }

    @Override
    public String toString() {
        return text;
    }
}
