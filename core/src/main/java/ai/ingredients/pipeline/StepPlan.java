package ai.ingredients.pipeline;

/**
 * What each step of a run does, settled before the first one.
 *
 * @param guided whether guidance acts, by step
 * @param repeated whether the step takes over what the last computed one added, by step; never the first
 */
record StepPlan(boolean[] guided, boolean[] repeated) {
    /** How many of the first {@code steps} compute the transformer's blocks. */
    int computed(int steps) {
        int count = 0;
        for (int i = 0; i < steps; i++) {
            if (!repeated[i]) {
                count++;
            }
        }
        return count;
    }

    /** Whether step {@code index + 1} takes over something. */
    boolean needed(int index) {
        return index + 1 < repeated.length && repeated[index + 1];
    }
}
