package ai.ingredients.diffusion;

import ai.ingredients.tensor.Noise;
import org.bytedeco.pytorch.Tensor;

/**
 * Deterministic sampling, as {@code CogVideoXDDIMScheduler}: the next sample is a mix of this one and the clean sample
 * it is predicted to become.
 *
 * <p>Source: arXiv 2010.02502.
 *
 * @param schedule how noisy each timestep is
 */
public record DdimScheduler(NoiseSchedule schedule) implements Scheduler {
    @Override
    public Step step(long[] timesteps, int index, Tensor prediction, Step before, Noise noise) {
        Tensor sample = before.sample();
        double alpha = schedule.alphaCumprod(timesteps[index]);
        double nextAlpha = schedule.alphaCumprod(Scheduler.arrival(schedule, timesteps, index));
        Tensor clean = schedule.clean(prediction, sample, timesteps[index]);

        double sampleShare = Math.sqrt((1 - nextAlpha) / (1 - alpha));
        double cleanShare = Math.sqrt(nextAlpha) - Math.sqrt(alpha) * sampleShare;
        Tensor next = NoiseSchedule.times(sampleShare, sample).add(NoiseSchedule.times(cleanShare, clean));
        return new Step(next.to(sample.scalar_type()), clean);
    }
}
