package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.pipeline.SamplingDefaults;
import ai.ingredients.transformer.Routing;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How noise becomes a video: the same options wherever videos are made, with the model's own values as defaults. */
final class SamplingOptions {
    @Option(names = "--steps", paramLabel = "N", description = "Denoising steps (default: the model's, else 50).")
    private @Nullable Integer steps;

    @Option(
            names = "--guidance",
            paramLabel = "X",
            description = "How strongly to follow the prompt; 1 turns guidance off (default: the model's, else 6).")
    private @Nullable Double guidance;

    @Option(
            names = "--image-guidance",
            paramLabel = "X",
            description = "How strongly to follow the photos, for models that learned without them too; 1 adds nothing"
                    + " (default: the model's, else 1).")
    private @Nullable Double imageGuidance;

    @Option(names = "--scheduler", paramLabel = "KIND", description = "dpm or ddim (default: the model's, else dpm).")
    private @Nullable String scheduler;

    @Option(
            names = "--routing",
            paramLabel = "KIND",
            defaultValue = "reference",
            description = "`reference` routes as published checkpoints are used, `per-branch` each guidance branch by "
                    + "itself (default: ${DEFAULT-VALUE}).")
    private String routing;

    /** Refuses what cannot be meant, without reading a file. */
    void check() {
        if (steps != null && steps < 1) {
            throw new InvalidInputException("--steps " + steps + " is too few; use at least 1 (50 is usual)");
        }
        finite("--guidance", guidance, "6 is usual");
        finite("--image-guidance", imageGuidance, "1 adds nothing");
        if (scheduler != null) {
            Scheduler.Kind.parse(scheduler);
        }
        routing();
    }

    private static void finite(String option, @Nullable Double value, String usual) {
        if (value != null && !Double.isFinite(value)) {
            throw new InvalidInputException(option + " " + value + " is no number; " + usual);
        }
    }

    int steps(SamplingDefaults defaults) {
        return steps == null ? defaults.steps() : steps;
    }

    double guidance(SamplingDefaults defaults) {
        return guidance == null ? defaults.guidanceScale() : guidance;
    }

    double imageGuidance(SamplingDefaults defaults) {
        return imageGuidance == null ? defaults.imageGuidanceScale() : imageGuidance;
    }

    Scheduler.Kind scheduler(SamplingDefaults defaults) {
        return scheduler == null ? defaults.scheduler() : Scheduler.Kind.parse(scheduler);
    }

    Routing routing() {
        return Routing.parse(routing);
    }
}
