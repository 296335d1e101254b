package ai.ingredients.data;

/** What clips and people may be used for; no person and no prompt belongs to two of these. */
public enum Split {
    /** What is learned from. */
    TRAIN,
    /** What is looked at while training, and settings are chosen by. */
    VALIDATION,
    /** For reported results only. */
    TEST
}
