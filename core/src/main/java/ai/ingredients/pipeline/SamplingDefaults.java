package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.diffusion.SchedulerConfig;
import ai.ingredients.weights.ConfigReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a model is meant to be sampled where nobody says otherwise: its {@code generation_config.json}, a file that the
 * official code does not know and passes over, or the official pipeline's own defaults.
 *
 * @param steps {@code num_inference_steps}
 * @param guidanceScale {@code guidance_scale}
 * @param imageGuidanceScale {@code image_guidance_scale}
 * @param layout {@code layout}, as in 0.05..0.35: how it is settled who stands where; none where nothing is
 * @param scheduler {@code scheduler}: dpm, ddim, dpmpp or unipc; without it the solver that the scheduler's own config names
 */
public record SamplingDefaults(
        int steps,
        double guidanceScale,
        double imageGuidanceScale,
        @Nullable Layout layout,
        Scheduler.Kind scheduler) {
    /** The official pipeline's. */
    public static final SamplingDefaults OFFICIAL = new SamplingDefaults(50, 6, 1, null, Scheduler.Kind.DPM);

    /** The file's name in a model's folder. */
    public static final String FILE = "generation_config.json";

    public SamplingDefaults {
        if (steps < 1 || !Double.isFinite(guidanceScale) || !Double.isFinite(imageGuidanceScale)) {
            throw new InvalidInputException("num_inference_steps is " + steps + ", guidance_scale " + guidanceScale
                    + " and image_guidance_scale " + imageGuidanceScale + "; expected at least 1 and numbers");
        }
    }

    /**
     * Of the model in {@code folder}.
     *
     * @throws InvalidInputException when its file is damaged or a value cannot be used
     */
    public static SamplingDefaults of(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return new SamplingDefaults(
                    OFFICIAL.steps, OFFICIAL.guidanceScale, OFFICIAL.imageGuidanceScale, null, schedulerOf(folder));
        }
        ConfigReader config = ConfigReader.of(file);
        return new SamplingDefaults(
                config.integer("num_inference_steps", OFFICIAL.steps),
                config.number("guidance_scale", OFFICIAL.guidanceScale),
                config.number("image_guidance_scale", OFFICIAL.imageGuidanceScale),
                config.has("layout") ? Layout.parse(config.text("layout")) : null,
                config.has("scheduler") ? Scheduler.Kind.parse(config.text("scheduler")) : schedulerOf(folder));
    }

    /** The official pipeline takes its own sampler whatever the folder says; a solver was put there on purpose. */
    private static Scheduler.Kind schedulerOf(Path folder) {
        Path file = folder.resolve("scheduler/scheduler_config.json");
        Scheduler.Kind solver = Files.exists(file) ? SchedulerConfig.solver(ConfigReader.of(file)) : null;
        return solver == null ? OFFICIAL.scheduler : solver;
    }
}
