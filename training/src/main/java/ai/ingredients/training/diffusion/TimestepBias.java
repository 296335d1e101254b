package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;

/**
 * Which timesteps are drawn more often in training; validations draw all equally often. The names are those of diffusers'
 * training scripts.
 *
 * @param strategy which end of the schedule
 * @param portion of the schedule, at that end
 * @param multiplier how many times as likely each timestep of the portion is
 */
public record TimestepBias(Strategy strategy, double portion, double multiplier) {
    /** Which end of the schedule is drawn more often. */
    public enum Strategy {
        /** Neither: all timesteps are equally likely. */
        NONE,
        /** Little noise: what things look like. */
        EARLIER,
        /** Much noise: what is where. */
        LATER
    }

    /** All timesteps are equally likely. */
    public static final TimestepBias NONE = new TimestepBias(Strategy.NONE, 0.25, 1);

    /** @throws InvalidInputException for a portion that is none of the schedule, or all of it, and multipliers of 0 and less */
    public TimestepBias {
        if (!(portion > 0 && portion < 1) || !(multiplier > 0 && multiplier <= 1e6)) {
            throw new InvalidInputException("portion is " + portion + " and multiplier " + multiplier
                    + "; expected a portion between 0 and 1, and a multiplier above 0 and up to a million");
        }
    }

    /**
     * Where in the schedule a draw falls.
     *
     * @param drawn evenly from 0 to 1
     * @return 0 for the first timestep, 1 behind the last
     */
    double at(double drawn) {
        return switch (strategy) {
            case NONE -> drawn;
            case EARLIER -> towardsTheFirst(drawn);
            case LATER -> 1 - towardsTheFirst(1 - drawn);
        };
    }

    private double towardsTheFirst(double drawn) {
        double likely = portion * multiplier / (portion * multiplier + 1 - portion);
        return drawn < likely ? drawn / likely * portion : portion + (drawn - likely) / (1 - likely) * (1 - portion);
    }
}
