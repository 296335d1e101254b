package ai.ingredients.diffusion;

import ai.ingredients.tensor.Noise;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * UniPC: each prediction first corrects the sample that it was made of (UniC), then predicts the next one (UniP, which at
 * second order is the step of DPM-Solver++); no prediction more than other samplers need. As
 * {@code UniPCMultistepScheduler} of diffusers with its defaults: {@code solver_order} 2, {@code bh2}, {@code predict_x0},
 * the corrector in every step but the first. Noise levels: see {@link SolverLevel}.
 *
 * <p>A {@link Step} carries the corrected sample of this step and, from the second step on, the clean sample of the one
 * before, all in fp32.
 *
 * <p>Source: arXiv 2302.04867.
 *
 * @param schedule how noisy each timestep is
 */
public record UniPcScheduler(NoiseSchedule schedule) implements Scheduler {
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
        List<Tensor> carried = new ArrayList<>();
        Tensor next;
        if (cleanBefore == null) {
            Tensor wide = SolverLevel.wide(sample);
            carried.add(wide.detach());
            next = level.forward(arrival, wide, clean);
        } else {
            Tensor corrected = corrected(timesteps, index, clean, before, cleanBefore);
            carried.add(corrected);
            carried.add(cleanBefore.detach()); // a handle of its own: whoever owns `before` closes that one
            next = index == timesteps.length - 1
                    ? level.forward(arrival, corrected, clean)
                    : level.forward(
                            arrival, corrected, clean, SolverLevel.of(schedule, timesteps, index - 1), cleanBefore);
        }
        return new Step(next.to(sample.scalar_type()), clean, carried);
    }

    /** The sample at {@code index} once more, from the step before and with what the prediction at its end has said. */
    private Tensor corrected(long[] timesteps, int index, Tensor clean, Step before, Tensor cleanBefore) {
        SolverLevel from = SolverLevel.of(schedule, timesteps, index - 1);
        SolverLevel level = SolverLevel.of(schedule, timesteps, index);
        double stride = from.lambda() - level.lambda(); // −h
        double reach = Math.expm1(stride); // h·φ₁, and B(h)
        Tensor change = clean.sub(cleanBefore);
        Tensor correction;
        if (index == 1) {
            correction = NoiseSchedule.times(0.5, change);
        } else {
            double ratio = (SolverLevel.of(schedule, timesteps, index - 2).lambda() - from.lambda()) / -stride;
            double phi2 = reach / stride - 1;
            double phi3 = phi2 / stride - 0.5;
            double first = phi2 / reach;
            double second = 2 * phi3 / reach;
            double earlierShare = (first - second) / (1 - ratio);
            Tensor earlier = before.carried().getLast().sub(cleanBefore);
            correction = NoiseSchedule.times(earlierShare / ratio, earlier)
                    .add(NoiseSchedule.times(first - earlierShare, change));
        }
        Tensor last = before.carried().getFirst();
        return NoiseSchedule.times(level.noise() / from.noise(), last)
                .sub(NoiseSchedule.times(level.signal() * reach, cleanBefore.add(correction)));
    }
}
