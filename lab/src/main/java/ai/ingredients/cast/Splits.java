package ai.ingredients.cast;

import ai.ingredients.data.Split;

/**
 * Who belongs to which split: a hash of a person's or prompt's own traits decides, so the splits are disjoint for every
 * seed. Nine in ten are trained on, one in twenty each validates and tests.
 */
final class Splits {
    private static final int BUCKETS = 100;
    private static final int TRAINED_ON = 90;
    private static final int TRAINED_ON_OR_LOOKED_AT = 95;

    private Splits() {}

    /** The one split that holds this hash. */
    static Split of(long hash) {
        long bucket = Long.remainderUnsigned(Seeds.mix(hash), BUCKETS);
        return bucket < TRAINED_ON ? Split.TRAIN : bucket < TRAINED_ON_OR_LOOKED_AT ? Split.VALIDATION : Split.TEST;
    }
}
