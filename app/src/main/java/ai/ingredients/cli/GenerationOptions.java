package ai.ingredients.cli;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.People;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.transformer.Routing;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a video is made from besides people: the options of {@code generate} that change it, with its defaults. */
final class GenerationOptions {
    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "What happens in the video.")
    private String prompt;

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
            description = "Same seed, same video (default: ${DEFAULT-VALUE}).")
    private long seed;

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

    @Option(names = "--scheduler", paramLabel = "KIND", description = "dpm or ddim (default: the model's, else dpm).")
    private @Nullable String scheduler;

    @Option(
            names = "--routing",
            paramLabel = "KIND",
            defaultValue = "reference",
            description = "`reference` or `per-branch`, as in generate (default: ${DEFAULT-VALUE}).")
    private String routing;

    @Option(
            names = "--face-scale",
            paramLabel = "X",
            description = "Strength of the identities (default: the model's local_face_scale, 1).")
    private @Nullable Double faceScale;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "fp32, bf16 or fp16 (default: fp32 on the CPU, bf16 on CUDA).")
    private @Nullable String dtype;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:i (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--memory",
            paramLabel = "LEVEL",
            defaultValue = "auto",
            description = "What stays loaded: none, model or layer, as in generate (default: ${DEFAULT-VALUE}).")
    private String memory;

    @Option(
            names = "--vae-tiling",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Decode in tiles to save memory: auto, on or off (default: ${DEFAULT-VALUE}).")
    private String vaeTiling;

    /** Where and in what to compute. */
    Compute compute() {
        return new Compute(device, dtype != null ? DType.parse(dtype) : device.equals("cpu") ? DType.FP32 : DType.BF16);
    }

    /** Refuses what cannot be meant, without reading a file. */
    void check() {
        compute();
        MemoryLevel.parse(memory);
        TilingChoice.parse(vaeTiling);
    }

    VideoGenerator generator(ModelBundle bundle) {
        return new VideoGenerator(bundle, compute(), MemoryLevel.parse(memory), TilingChoice.parse(vaeTiling));
    }

    GenerationRequest request(ModelBundle bundle, @Nullable People people) {
        VideoSize own = bundle.defaultSize();
        return new GenerationRequest(
                prompt,
                negativePrompt,
                people,
                null,
                own.with(
                        frames == null ? own.frames() : frames,
                        height == null ? own.height() : height,
                        width == null ? own.width() : width),
                seed,
                steps == null ? bundle.sampling().steps() : steps,
                guidance == null ? bundle.sampling().guidanceScale() : guidance,
                imageGuidance == null ? bundle.sampling().imageGuidanceScale() : imageGuidance,
                Guidance.CONSTANT,
                scheduler == null ? bundle.sampling().scheduler() : Scheduler.Kind.parse(scheduler),
                Routing.parse(routing),
                faceScale,
                maxSequenceLength);
    }
}
