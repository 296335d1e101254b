package ai.ingredients.diffusion;

import ai.ingredients.tensor.Noise;
import org.bytedeco.pytorch.Tensor;

/**
 * DPM-Solver++ (2M): deterministic multistep sampling of second order, for fewer steps than {@link DdimScheduler} needs. As
 * {@code DPMSolverMultistepScheduler} of diffusers with its defaults: {@code solver_order} 2, {@code midpoint},
 * {@code final_sigmas_type} zero. The first step and the one that arrives at the clean sample are of first order. Noise
 * levels: see {@link SolverLevel}.
 *
 * <p>Source: arXiv 2211.01095.
 *
 * @param schedule how noisy each timestep is
 */
public record DpmSolverScheduler(NoiseSchedule schedule) implements Scheduler {
    @Override
    public long[] timesteps(int steps) {
        return SolverLevel.timesteps(schedule, steps);
    }

    @Override
    public Step step(long[] timesteps, int index, Tensor prediction, Step before, Noise noise) {
        Tensor sample = before.sample();
        SolverLevel level = SolverLevel.of(schedule, timesteps, index);
        SolverLevel arrival = SolverLevel.of(schedule, timesteps, index + 1);
        Tensor clean = level.clean(prediction, sample, schedule.config().predictionType());
        Tensor cleanBefore = before.clean();
        Tensor wide = SolverLevel.wide(sample);
        Tensor next = cleanBefore == null || index == timesteps.length - 1
                ? level.forward(arrival, wide, clean)
                : level.forward(arrival, wide, clean, SolverLevel.of(schedule, timesteps, index - 1), cleanBefore);
        return new Step(next.to(sample.scalar_type()), clean);
    }
}
