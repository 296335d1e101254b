package ai.ingredients.cast;

/**
 * What a person or a prompt may be used for. Which one is decided by a hash of the person's or prompt's own traits, so
 * the splits are disjoint for every seed.
 */
public enum Split {
    /** Nine in ten. */
    TRAIN(0, 90),
    /** One in twenty: looked at while training. */
    VALIDATION(90, 95),
    /** One in twenty: for reported results only. */
    TEST(95, 100);

    private static final int BUCKETS = 100;

    private final int from;
    private final int to;

    Split(int from, int to) {
        this.from = from;
        this.to = to;
    }

    /** Whether what has this hash belongs here; exactly one split says yes. */
    boolean holds(long hash) {
        long bucket = Long.remainderUnsigned(Seeds.mix(hash), BUCKETS);
        return bucket >= from && bucket < to;
    }

    /** The one split that holds this hash. */
    static Split of(long hash) {
        for (Split split : values()) {
            if (split.holds(hash)) {
                return split;
            }
        }
        throw new AssertionError("the splits leave out a bucket");
    }
}
