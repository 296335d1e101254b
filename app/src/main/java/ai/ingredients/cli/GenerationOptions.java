package ai.ingredients.cli;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.SamplingDefaults;
import ai.ingredients.pipeline.Steering;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.text.LearnedWord;
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
            defaultValue = "",
            description = "What should not be in it (default: nothing).")
    private String negativePrompt;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "" + GenerationRequest.DEFAULT_SEED,
            converter = Seed.class,
            description = "Same seed, same video; 0 to 2^64-1 (default: ${DEFAULT-VALUE}).")
    private long seed;

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
            names = "--face-scale",
            paramLabel = "X",
            description = "Strength of the identities (default: the model's local_face_scale, 1).")
    private @Nullable Double faceScale;

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

    /** Where and in what to compute. */
    Compute compute() {
        return device.compute();
    }

    /** Refuses what cannot be meant, before anything long. */
    void check() {
        compute();
        sampling.check();
        MemoryLevel.parse(memory);
        TilingChoice.parse(vaeTiling);
        prompt.text();
    }

    /** The prompt as it was typed. */
    String prompt() {
        return prompt.text();
    }

    /** The negative prompt as it was typed. */
    String negativePrompt() {
        return negativePrompt;
    }

    VideoGenerator generator(ModelBundle bundle, List<LearnedWord> words) {
        return new VideoGenerator(bundle, compute(), MemoryLevel.parse(memory), TilingChoice.parse(vaeTiling), words);
    }

    /**
     * What is asked for.
     *
     * @param picture the first frame, for models that continue one; with people it is null
     * @param guidance over the steps
     * @param words for the people's names in the prompts; none to leave the prompts as they are
     * @param steering what is decided about the people
     */
    GenerationRequest request(
            ModelBundle bundle,
            @Nullable People people,
            @Nullable Picture picture,
            Guidance guidance,
            @Nullable PersonWords words,
            Steering steering) {
        VideoSize own = bundle.defaultSize();
        SamplingDefaults defaults = bundle.sampling();
        return new GenerationRequest(
                words == null ? prompt() : words.expand("prompt", prompt()),
                words == null ? negativePrompt : words.expand("negative prompt", negativePrompt),
                people,
                picture,
                own.with(
                        frames == null ? own.frames() : frames,
                        height == null ? own.height() : height,
                        width == null ? own.width() : width),
                seed,
                sampling.steps(defaults),
                sampling.guidance(defaults),
                sampling.imageGuidance(defaults),
                guidance,
                sampling.scheduler(defaults),
                sampling.routing(),
                faceScale,
                maxSequenceLength,
                steering);
    }
}
