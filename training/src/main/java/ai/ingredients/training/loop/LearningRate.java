package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;

/**
 * How the learning rate goes over a run: up from 0 in a straight line, then by the schedule.
 *
 * @param peak the largest rate
 * @param schedule its way down
 * @param warmupSteps steps until the peak
 * @param floor what the cosine and the line end at, as a share of the peak
 */
public record LearningRate(double peak, Schedule schedule, int warmupSteps, double floor) {
    /** The way down from the peak. */
    public enum Schedule {
        CONSTANT,
        LINEAR,
        COSINE
    }

    public LearningRate {
        if (!(peak > 0 && peak < 1)) {
            throw new InvalidInputException("peak is " + peak + "; expected a rate between 0 and 1, such as 1e-4");
        }
        if (warmupSteps < 0) {
            throw new InvalidInputException("warmup-steps is " + warmupSteps + "; expected 0 or more");
        }
        if (!(floor >= 0 && floor <= 1)) {
            throw new InvalidInputException("floor is " + floor + "; expected a share between 0 and 1");
        }
    }

    /**
     * The rate of a step.
     *
     * @param step counted from 0
     * @param steps length of the run, to which cosine and line stretch
     */
    public double at(long step, long steps) {
        if (step < warmupSteps) {
            return peak * (step + 1) / warmupSteps;
        }
        double done = Math.clamp((double) (step - warmupSteps) / Math.max(1, steps - warmupSteps), 0, 1);
        double share = switch (schedule) {
            case CONSTANT -> 1;
            case LINEAR -> 1 - done;
            case COSINE -> (1 + Math.cos(Math.PI * done)) / 2;
        };
        return schedule == Schedule.CONSTANT ? peak : peak * (floor + (1 - floor) * share);
    }
}
