package ai.ingredients.diffusion;

import ai.ingredients.tensor.Noise;
import org.bytedeco.pytorch.Tensor;

/**
 * Second-order stochastic sampling, as {@code CogVideoXDPMScheduler}: an SDE step of DPM-Solver++ whose clean sample is
 * extrapolated from the last two predictions.
 *
 * <p>The first step and the one that arrives at the clean sample are of first order. <b>Noise.</b> The official code
 * draws noise for the first-order result, then, where it replaces that by the second-order one, draws again and uses
 * only the second draw. To give the same video for a seed, so does this: one draw in the first and last step, two in
 * every other, in the sample's dtype.
 *
 * <p>With zero terminal SNR the log signal-to-noise ratio λ is −∞ at the first timestep and +∞ at the clean sample; the
 * coefficients stay finite.
 *
 * <p>Source: arXiv 2211.01095.
 *
 * @param schedule how noisy each timestep is
 */
public record DpmScheduler(NoiseSchedule schedule) implements Scheduler {
    @Override
    public Step step(long[] timesteps, int index, Tensor prediction, Step before, Noise noise) {
        Tensor sample = before.sample();
        long arrival = Scheduler.arrival(schedule, timesteps, index);
        double alpha = schedule.alphaCumprod(timesteps[index]);
        double nextAlpha = schedule.alphaCumprod(arrival);
        Tensor clean = schedule.clean(prediction, sample, timesteps[index]);

        double stride = lambda(nextAlpha) - lambda(alpha);
        double sampleShare = Math.sqrt((1 - nextAlpha) / (1 - alpha)) * Math.exp(-stride);
        double cleanShare = -Math.expm1(-2 * stride) * Math.sqrt(nextAlpha);
        double noiseShare = Math.sqrt(1 - nextAlpha) * Math.sqrt(1 - Math.exp(-2 * stride));

        Tensor drawn = noise.gaussian(sample);
        Tensor target = clean;
        Tensor cleanBefore = before.clean();
        if (cleanBefore != null && arrival >= 0) {
            double strideBefore = lambda(alpha) - lambda(schedule.alphaCumprod(timesteps[index - 1]));
            double ahead = 1 / (2 * (strideBefore / stride));
            target = NoiseSchedule.times(1 + ahead, clean).sub(NoiseSchedule.times(ahead, cleanBefore));
            drawn = noise.gaussian(sample);
        }
        Tensor next = NoiseSchedule.times(sampleShare, sample)
                .add(NoiseSchedule.times(cleanShare, target))
                .add(NoiseSchedule.times(noiseShare, drawn));
        return new Step(next.to(sample.scalar_type()), clean);
    }

    /** Half the logarithm of the signal-to-noise ratio. */
    private static double lambda(double alpha) {
        return Math.log(Math.sqrt(alpha / (1 - alpha)));
    }
}
