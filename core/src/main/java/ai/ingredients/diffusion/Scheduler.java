package ai.ingredients.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Noise;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A sampler: from a model's prediction at one timestep to the sample at the next.
 *
 * <p>Initial latents are plain Gaussian noise, and the model sees samples unscaled. The scheduler keeps no state; what
 * one step leaves for the next is handed on in {@link Step}:
 *
 * <pre>{@code
 * long[] timesteps = scheduler.timesteps(50);
 * Step step = Step.first(latents);
 * for (int i = 0; i < timesteps.length; i++) {
 *     step = scheduler.step(timesteps, i, prediction(step.sample(), timesteps[i]), step, noise);
 * }
 * }</pre>
 *
 * <p>Immutable and thread-safe; owns no native memory.
 */
public sealed interface Scheduler permits DdimScheduler, DpmScheduler, DpmSolverScheduler, UniPcScheduler {
    /** The samplers, by the name a user chooses them. */
    enum Kind {
        /** {@link DdimScheduler}: deterministic. */
        DDIM,
        /** {@link DpmScheduler}: second order with noise; the default of the official code. */
        DPM,
        /** {@link DpmSolverScheduler}: DPM-Solver++ (2M), deterministic, second order, for fewer steps. */
        DPMPP,
        /** {@link UniPcScheduler}: as {@link #DPMPP}, with a corrector. */
        UNIPC;

        /** {@code ddim}, {@code dpm}, {@code dpmpp} or {@code unipc}. */
        public static Kind parse(String text) {
            for (Kind kind : values()) {
                if (kind.name().equalsIgnoreCase(text)) {
                    return kind;
                }
            }
            throw new InvalidInputException("scheduler \"" + text + "\" is not known; use dpm, ddim, dpmpp or unipc");
        }

        /** What samples where a {@code scheduler_config.json} has {@code name}, a solver of diffusers, as its class; else none. */
        static @Nullable Kind ofClass(String name) {
            return switch (name) {
                case "DPMSolverMultistepScheduler" -> DPMPP;
                case "UniPCMultistepScheduler" -> UNIPC;
                default -> null;
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What a step leaves.
     *
     * @param sample latents at the next timestep, in the dtype of those that came in
     * @param clean the clean sample this step's prediction meant, in the wider dtype of sample and prediction; none
     *     before the first step
     * @param carried what else the sampler goes on from; empty for most. No tensor of it belongs to another step
     */
    record Step(Tensor sample, @Nullable Tensor clean, List<Tensor> carried) {
        public Step {
            carried = List.copyOf(carried);
        }

        /** Without anything else to go on from. */
        public Step(Tensor sample, @Nullable Tensor clean) {
            this(sample, clean, List.of());
        }

        /** The state before the first step. */
        public static Step first(Tensor latents) {
            return new Step(latents, null);
        }
    }

    /** The sampler {@code kind} on the schedule of {@code config}. */
    static Scheduler of(Kind kind, SchedulerConfig config) {
        NoiseSchedule schedule = new NoiseSchedule(config);
        return switch (kind) {
            case DDIM -> new DdimScheduler(schedule);
            case DPM -> new DpmScheduler(schedule);
            case DPMPP -> new DpmSolverScheduler(schedule);
            case UNIPC -> new UniPcScheduler(schedule);
        };
    }

    /** How noisy each timestep is. */
    NoiseSchedule schedule();

    /**
     * The timesteps of a run, from noisy to clean; see {@link NoiseSchedule#timesteps}.
     *
     * @param steps 1 … numTrainTimesteps
     */
    default long[] timesteps(int steps) {
        return schedule().timesteps(steps);
    }

    /**
     * One step. Its results belong to the innermost scope.
     *
     * @param timesteps all timesteps of the run, as {@link #timesteps} gave them
     * @param index which of them this step starts from
     * @param prediction what the model said after guidance, fp32 like in the official pipeline
     * @param before what the previous step left, or {@link Step#first}
     * @param noise where a stochastic sampler draws from; only {@link Kind#DPM} draws
     */
    Step step(long[] timesteps, int index, Tensor prediction, Step before, Noise noise);

    /**
     * The timestep a step arrives at; negative when it arrives at the clean sample. It is {@code t − trained / steps}
     * in whole numbers as in diffusers, so it is not always the next entry of {@code timesteps}.
     */
    static long arrival(NoiseSchedule schedule, long[] timesteps, int index) {
        return timesteps[index] - schedule.config().numTrainTimesteps() / timesteps.length;
    }
}
