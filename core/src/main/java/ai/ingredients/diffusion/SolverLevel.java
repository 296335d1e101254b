package ai.ingredients.diffusion;

import ai.ingredients.InvalidInputException;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One noise level of a run, as the solvers of diffusers see it: a sample is {@code signal · clean + noise · gaussian}.
 *
 * <p><b>Which ᾱ.</b> Those of {@link NoiseSchedule}, with the shift of the signal-to-noise ratio that the checkpoint was
 * trained with. diffusers' own solver classes know no {@code snr_shift_scale} and would sample CogVideoX-2B (3) on levels
 * that its transformer has not learned at those timesteps; where it is 1 they agree. As in those classes, a last timestep
 * without signal counts as ᾱ = 2⁻²⁴, so that λ stays finite, and a run always ends at the clean sample.
 *
 * @param signal √ᾱ
 * @param noise √(1−ᾱ)
 */
record SolverLevel(double signal, double noise) {
    private static final double LEAST_SIGNAL = 0x1p-24;
    private static final SolverLevel CLEAN = new SolverLevel(1, 0);

    /** Of {@code timesteps[index]}; behind the last one, of the clean sample. */
    static SolverLevel of(NoiseSchedule schedule, long[] timesteps, int index) {
        if (index == timesteps.length) {
            return CLEAN;
        }
        boolean last = timesteps[index] == schedule.config().numTrainTimesteps() - 1;
        double alpha = last && schedule.config().rescaleBetasZeroSnr()
                ? LEAST_SIGNAL
                : schedule.alphaCumprod(timesteps[index]);
        return new SolverLevel(Math.sqrt(alpha), Math.sqrt(1 - alpha));
    }

    /** Half the logarithm of the signal-to-noise ratio; +∞ at the clean sample. */
    double lambda() {
        return Math.log(signal) - Math.log(noise);
    }

    /**
     * The clean sample a prediction at this level means.
     *
     * @param prediction fp32
     * @param noisy in its own dtype, in which it is weighted
     */
    Tensor clean(Tensor prediction, Tensor noisy, SchedulerConfig.PredictionType type) {
        return switch (type) {
            case SAMPLE -> prediction;
            case V_PREDICTION -> NoiseSchedule.times(signal, noisy).sub(NoiseSchedule.times(noise, prediction));
            case EPSILON -> NoiseSchedule.times(1 / signal, noisy.sub(NoiseSchedule.times(noise, prediction)));
        };
    }

    /**
     * The second-order multistep step of DPM-Solver++ from this level to {@code next}; UniPC predicts by it, too.
     *
     * @param sample fp32, at this level
     * @param clean what the prediction at this level meant
     * @param before the level before this one; with {@code cleanBefore}, or the step is of first order
     */
    Tensor forward(SolverLevel next, Tensor sample, Tensor clean, SolverLevel before, Tensor cleanBefore) {
        double stride = next.lambda() - lambda();
        double ahead = stride / (2 * (lambda() - before.lambda()));
        Tensor target = NoiseSchedule.times(1 + ahead, clean).sub(NoiseSchedule.times(ahead, cleanBefore));
        return forward(next, sample, target);
    }

    /** The first-order step, which is DDIM's. */
    Tensor forward(SolverLevel next, Tensor sample, Tensor clean) {
        double stride = next.lambda() - lambda();
        return NoiseSchedule.times(next.noise / noise, sample)
                .add(NoiseSchedule.times(-next.signal * Math.expm1(-stride), clean));
    }

    /** Solvers compute in fp32, whatever the latents' dtype. */
    static Tensor wide(Tensor sample) {
        return sample.to(ScalarType.Float);
    }

    /**
     * The timesteps of a run, from noisy to clean, spaced as diffusers' solver classes do: of {@code linspace} and
     * {@code leading} they take one more than is asked for and leave out the last.
     *
     * @throws InvalidInputException when there are more steps than different timesteps
     */
    static long[] timesteps(NoiseSchedule schedule, int steps) {
        SchedulerConfig config = schedule.config();
        int trained = config.numTrainTimesteps();
        if (config.timestepSpacing() == SchedulerConfig.TimestepSpacing.TRAILING) {
            return schedule.timesteps(steps);
        }
        if (steps < 1 || steps >= trained) {
            throw new InvalidInputException(
                    steps + " steps were asked for; this scheduler can make between 1 and " + (trained - 1));
        }
        long[] timesteps = new long[steps];
        for (int i = 0; i < steps; i++) {
            int rising = steps - i; // of 0 … steps
            timesteps[i] = switch (config.timestepSpacing()) {
                case LEADING -> (long) rising * (trained / (steps + 1)) + config.stepsOffset();
                default -> (long) Math.rint(rising * ((double) (trained - 1) / steps));
            };
        }
        if (timesteps[0] >= trained) {
            throw new InvalidInputException("steps_offset " + config.stepsOffset() + " with " + steps
                    + " steps asks for timestep " + timesteps[0] + " of " + trained + "; use fewer steps");
        }
        return timesteps;
    }
}
