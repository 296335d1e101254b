package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.VideoBuilder;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.TilingChoice;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a video is made from besides people, with the model's own values as defaults. */
final class GenerationOptions {
    @Mixin
    private PromptOptions prompt;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "What should not be in it (default: nothing).")
    private String negativePrompt;

    @Mixin
    private SamplingOptions sampling;

    @Option(
            names = "--frames",
            paramLabel = "N",
            description = "Frames, 8k+1 (default: what the model was trained on).")
    private @Nullable Integer frames;

    @Option(
            names = "--height",
            paramLabel = "N",
            description = "Pixels, a multiple of 16 (default: what the model was trained on).")
    private @Nullable Integer height;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Pixels, a multiple of 16 (default: what the model was trained on).")
    private @Nullable Integer width;

    @Option(
            names = "--max-sequence-length",
            paramLabel = "N",
            description = "Text tokens (default: what the model was trained on).")
    private @Nullable Integer maxSequenceLength;

    @Mixin
    private DeviceOptions device;

    @Option(
            names = "--memory",
            paramLabel = "LEVEL",
            defaultValue = "auto",
            description =
                    "What stays loaded: `none` saves nothing, `model` one model at a time, `layer` one layer at a "
                            + "time (default: ${DEFAULT-VALUE}).")
    private String memory;

    @Option(
            names = "--vae-tiling",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Decode in tiles to save memory: auto, on or off (default: ${DEFAULT-VALUE}).")
    private String vaeTiling;

    /** Refuses what cannot be meant, before anything long. */
    void check() {
        sampling.check();
        options("");
        prompt.text();
    }

    /** Whether the canvas is left out. */
    boolean noCanvas() {
        return sampling.noCanvas();
    }

    /** Whether something is not computed, to be faster. */
    boolean takesShortcuts() {
        return sampling.takesShortcuts();
    }

    /** The model, as it is to be used. */
    Ingredients open(ModelOption model) {
        return Ingredients.open(model.resolve(), options(model.variant));
    }

    private Options options(String variant) {
        return Options.DEFAULT
                .on(device.compute())
                .withMemory(MemoryLevel.parse(memory))
                .withTiling(TilingChoice.parse(vaeTiling))
                .withVariant(variant);
    }

    /** A video as it was asked for, but for its people. */
    VideoBuilder video(Ingredients ingredients) {
        VideoBuilder video = ingredients.video(prompt.text()).negativePrompt(negativePrompt);
        sampling.apply(video);
        if (frames != null) {
            video.frames(frames);
        }
        if (height != null) {
            video.height(height);
        }
        if (width != null) {
            video.width(width);
        }
        if (maxSequenceLength != null) {
            video.maxSequenceLength(maxSequenceLength);
        }
        return video;
    }
}
