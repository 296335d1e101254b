package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.SavedRecipe;
import ai.ingredients.VideoBuilder;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.transformer.LearnedPositions;
import ai.ingredients.weights.lora.Lora;
import ai.ingredients.weights.lora.LoraMode;
import ai.ingredients.weights.lora.Loras;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    @Option(
            names = "--learned-positions",
            paramLabel = "KIND",
            description = "For models with a learned position table, in another size than its own: `interpolated`, or"
                    + " `official`, which refuses (default: interpolated).")
    private @Nullable String learnedPositions;

    @Option(
            names = "--lora",
            paramLabel = "FILE[:SCALE]",
            description = "Low-rank adapters of the video transformer (names of diffusers, PEFT, kohya or `train`), or"
                    + " the folder they are in, and how strongly they count (default: 1). Once per file.")
    private List<String> loras = new ArrayList<>();

    @Option(
            names = "--lora-mode",
            paramLabel = "MODE",
            description = "`merged` into the weights as they are loaded, `side-by-side` with them, or auto: merged, but"
                    + " side by side with --memory layer (default: auto).")
    private @Nullable String loraMode;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private WeightsOption weights;

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
        if (learnedPositions != null) {
            LearnedPositions.parse(learnedPositions);
        }
        if (recipe == null || prompt.given()) {
            prompt.text();
        }
    }

    /** Whether a prompt was typed. */
    boolean hasPrompt() {
        return prompt.given();
    }

    /** What was typed. */
    String prompt() {
        return prompt.text();
    }

    /** Whether the canvas is left out. */
    boolean noCanvas() {
        return sampling.noCanvas();
    }

    /** Files that are read and must not be written over. */
    List<Path> loraFiles() {
        return typedLoras().stream().map(Lora::path).toList();
    }

    private List<Lora> typedLoras() {
        return loras.stream().map(Lora::parse).toList();
    }

    /** What was typed, in place of {@code otherwise}. */
    private Loras loras(Loras otherwise) {
        return new Loras(
                loras.isEmpty() ? otherwise.loras() : typedLoras(),
                loraMode == null ? otherwise.mode() : LoraMode.parse(loraMode));
    }

    /** Whether something is not computed, to be faster. */
    boolean takesShortcuts() {
        return sampling.takesShortcuts();
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
        Options options = weights.over(
                device.over(base).withMemory(MemoryLevel.parse(memory)).withVariant(variant));
        if (!loras.isEmpty() || loraMode != null) {
            options = options.withLoras(loras(options.loras()));
        }
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
        if (learnedPositions != null) {
            video.learnedPositions(LearnedPositions.parse(learnedPositions));
        }
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
