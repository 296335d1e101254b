package ai.ingredients.cli;

import ai.ingredients.VideoBuilder;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.Layout;
import ai.ingredients.transformer.Routing;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How noise becomes a video: the same options wherever videos are made, with the model's own values as defaults. */
final class SamplingOptions {
    @Option(
            names = "--seed",
            paramLabel = "N",
            converter = Seed.class,
            description = "Same seed, same video; 0 to 2^64-1; every case of an evaluation has the next one"
                    + " (default: " + GenerationRequest.DEFAULT_SEED + ").")
    private @Nullable Long seed;

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

    @Option(
            names = "--scheduler",
            paramLabel = "KIND",
            description =
                    "dpm, ddim, or for fewer steps dpmpp (DPM-Solver++ 2M) or unipc (default: the model's, else dpm).")
    private @Nullable String scheduler;

    @Option(
            names = "--routing",
            paramLabel = "KIND",
            description = "`reference` routes as published checkpoints are used, `per-branch` each guidance branch by "
                    + "itself (default: reference).")
    private @Nullable String routing;

    @Option(
            names = "--face-scale",
            paramLabel = "X",
            description = "Strength of the identities (default: the model's local_face_scale, 1).")
    private @Nullable Double faceScale;

    @Option(
            names = "--layout",
            paramLabel = "SETTLE..UNTIL|off",
            description =
                    "In the steps up to UNTIL (a share of them) who stands where is settled: after SETTLE everybody"
                        + " gets a place of their own, with --place the one asked for, and the words of a person with"
                        + " a name are heard there alone; `,B` behind it is how strongly, 5 if left out (default: the"
                        + " model's, else off).")
    private @Nullable String layout;

    @Mixin
    private ShortcutOptions shortcuts;

    @Option(
            names = "--no-canvas",
            description = "Zeros in place of the reference canvas: the photos reach the model by the identity modules"
                    + " alone.")
    private boolean noCanvas;

    /** Refuses words that mean nothing, without reading a file; numbers are checked with the model in view. */
    void check() {
        if (scheduler != null) {
            Scheduler.Kind.parse(scheduler);
        }
        if (routing != null) {
            Routing.parse(routing);
        }
        if (layout != null) {
            Layout.parse(layout);
        }
        shortcuts.check();
    }

    /** Whether something is not computed, to be faster. */
    boolean takesShortcuts() {
        return shortcuts.any();
    }

    /** Whether the canvas is left out. */
    boolean noCanvas() {
        return noCanvas;
    }

    /** Whether the identities' strength or the canvas is not the model's. */
    boolean changesPeople() {
        return faceScale != null || noCanvas || layout != null;
    }

    /** Tells {@code video} what was typed. */
    void apply(VideoBuilder video) {
        if (seed != null) {
            video.seed(seed);
        }
        if (routing != null) {
            video.routing(Routing.parse(routing));
        }
        shortcuts.apply(video);
        if (steps != null) {
            video.steps(steps);
        }
        if (guidance != null) {
            video.guidanceScale(guidance);
        }
        if (imageGuidance != null) {
            video.imageGuidanceScale(imageGuidance);
        }
        if (scheduler != null) {
            video.scheduler(Scheduler.Kind.parse(scheduler));
        }
        if (layout != null) {
            video.layout(Layout.parse(layout));
        }
        if (faceScale != null) {
            video.faceScale(faceScale);
        }
        if (noCanvas) {
            video.withoutCanvas();
        }
    }
}
