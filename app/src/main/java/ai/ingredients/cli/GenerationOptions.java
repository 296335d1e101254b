package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.SavedRecipe;
import ai.ingredients.VideoBuilder;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.TilingChoice;
import java.nio.file.Path;
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
            description = "What should not be in it (default: nothing).")
    private @Nullable String negativePrompt;

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
            description = "Decode in tiles to save memory: auto, on or off (default: auto).")
    private @Nullable String vaeTiling;

    /** Refuses what cannot be meant, before anything long. */
    void check() {
        check(null);
    }

    /** As {@link #check()}, where a recipe may say what nobody typed. */
    void check(@Nullable SavedRecipe recipe) {
        sampling.check();
        options("", recipe);
        if (recipe == null || prompt.given()) {
            prompt.text();
        }
    }

    /** Whether the canvas is left out. */
    boolean noCanvas() {
        return sampling.noCanvas();
    }

    /** The model, as it is to be used. */
    Ingredients open(ModelOption model) {
        return open(model, null);
    }

    /** As {@link #open(ModelOption)}, or as a recipe says where nothing else was typed. */
    Ingredients open(ModelOption model, @Nullable SavedRecipe recipe) {
        Path named =
                recipe == null || model.folder != null ? null : recipe.model().orElse(null);
        return Ingredients.open(named == null ? model.resolve() : named, options(model.variant, recipe));
    }

    private Options options(String variant, @Nullable SavedRecipe recipe) {
        Options base = recipe == null ? Options.DEFAULT.on(device.compute()) : recipe.options(Options.DEFAULT);
        Options options =
                device.over(base).withMemory(MemoryLevel.parse(memory)).withVariant(variant);
        return vaeTiling == null ? options : options.withTiling(TilingChoice.parse(vaeTiling));
    }

    /** A video as it was asked for, but for its people. */
    VideoBuilder video(Ingredients ingredients) {
        return apply(ingredients.video(prompt.text()));
    }

    /** Tells {@code video} what was typed. */
    VideoBuilder apply(VideoBuilder video) {
        if (prompt.given()) {
            video.prompt(prompt.text());
        }
        if (negativePrompt != null) {
            video.negativePrompt(negativePrompt);
        }
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
