package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.People;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.LatentsRecorder;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.RoutingRecorder;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.transformer.Routing;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients generate}: the main job. */
@Command(
        name = "generate",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes a video in which the people of the photos appear.",
            "Without photos it is plain text-to-video.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients generate --image ada.jpg --image alan.jpg --output park.mp4 \\",
            "    --prompt \"A woman and a man in half bodies talk in a park.\""
        })
final class GenerateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOption model;

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = "Photo of a person (JPEG, PNG, WebP); once per person.")
    private List<Path> images = new ArrayList<>();

    @Option(
            names = "--faces",
            paramLabel = "FILE",
            description = "People prepared by `ingredients faces`, instead of --image.")
    private @Nullable Path faces;

    @Mixin
    private PeopleOptions peopleOptions;

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "What happens in the video.")
    private String prompt;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "What should not be in it (default: nothing).")
    private String negativePrompt;

    @Option(
            names = "--embedding",
            paramLabel = "FILE",
            description =
                    "A word learned by `train --stage inversion` (or by diffusers or A1111 for this text encoder);"
                            + " the prompts call it by its name, <name>. Once per word.")
    private List<Path> embeddings = new ArrayList<>();

    @Option(
            names = "--output",
            paramLabel = "FILE",
            defaultValue = "out.mp4",
            description = "The video, H.264 at 8 frames a second (default: ${DEFAULT-VALUE}). "
                    + "The recipe is written beside it as .json.")
    private Path output;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
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
            names = "--dynamic-guidance",
            arity = "0..1",
            fallbackValue = "dynamic",
            defaultValue = "constant",
            paramLabel = "KIND",
            description =
                    "Vary guidance over the steps: `dynamic` as the official code, `dynamic-corrected` as it meant.")
    private String guidanceKind;

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
            description = "`reference` routes as published checkpoints are used, `per-branch` each guidance branch by "
                    + "itself (default: ${DEFAULT-VALUE}).")
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

    @Option(
            names = "--save-latents",
            paramLabel = "FILE",
            description = "Write latents as safetensors: initial, image, final.")
    private @Nullable Path saveLatents;

    @Option(names = "--save-frames", paramLabel = "DIR", description = "Write every frame as PNG.")
    private @Nullable Path saveFrames;

    @Option(
            names = "--save-routing",
            paramLabel = "FILE",
            description = "Write who owns which token as safetensors: [V, N] weights per step and routed block.")
    private @Nullable Path saveRouting;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        long started = System.nanoTime();
        PrintWriter err = spec.commandLine().getErr();
        checkInputs();
        checkOutputs();
        Compute compute = new Compute(device, computeType());
        MemoryLevel level = MemoryLevel.parse(memory);
        TilingChoice tiling = TilingChoice.parse(vaeTiling);
        ModelBundle bundle = model.open();
        List<LearnedWord> words = embeddings.stream()
                .flatMap(file -> LearnedWord.read(file).stream())
                .toList();
        GenerationRequest options = request(bundle, null, null); // refuses bad ones before anything is loaded
        try (VideoGenerator generator = new VideoGenerator(bundle, compute, level, tiling, words);
                TerminalProgress progress = TerminalProgress.to(err)) {
            generator.check(options);
            VideoWriter.checkSize(options.size().width(), options.size().height());
            if (takesFirstFrame(bundle)) {
                peopleOptions.refuse("this model continues the picture and looks for no face in it");
            }
            Picture firstFrame = takesFirstFrame(bundle) ? PictureReader.read(images.getFirst()) : null;
            if (firstFrame == null) {
                generator.checkPeople(images.size());
            }
            if (saveRouting != null && faces == null && images.isEmpty()) {
                progress.warning("without people nothing is routed; " + saveRouting + " will not be written");
            }
            try (Scope scope = Scope.inference()) {
                People people = firstFrame == null ? people(bundle, compute, progress::warning) : null;
                GenerationRequest request = request(bundle, people, firstFrame);
                generator.check(request);
                err.println(describe(request, bundle, compute, generator));
                make(request, bundle, generator, progress, () -> {
                    double seconds = (System.nanoTime() - started) / 1e9;
                    return Recipe.of(
                            request,
                            sources(),
                            bundle,
                            compute,
                            generator,
                            Main.Version.text(),
                            progress.secondsPerStep(),
                            seconds);
                });
            }
        }
        spec.commandLine().getOut().println("Wrote " + output + " and " + recipeFile());
        return 0;
    }

    /** What can be said of the people without reading them. */
    private void checkInputs() {
        peopleOptions.check(images);
        if (faces != null && !images.isEmpty()) {
            throw new InvalidInputException("--faces and --image were both given; use one of them");
        }
    }

    /** Every file that will be written is tried before any long work. */
    private void checkOutputs() {
        VideoWriter.checkWritable(output);
        Outputs files = new Outputs();
        files.claim("--output", output);
        files.claim("the recipe beside --output", recipeFile());
        files.claim("--save-latents", saveLatents, ".safetensors");
        files.claim("--save-routing", saveRouting, ".safetensors");
        files.refuse("--faces", faces);
        files.refuse("--landmarks", peopleOptions.landmarks);
        images.forEach(image -> files.refuse("--image", image));
        embeddings.forEach(file -> files.refuse("--embedding", file));
        if (saveFrames != null) {
            FrameFolder.checkWritable(saveFrames);
        }
    }

    private DType computeType() {
        return dtype != null ? DType.parse(dtype) : device.equals("cpu") ? DType.FP32 : DType.BF16;
    }

    private GenerationRequest request(ModelBundle bundle, @Nullable People people, @Nullable Picture firstFrame) {
        VideoSize own = bundle.defaultSize();
        return new GenerationRequest(
                prompt,
                negativePrompt,
                people,
                firstFrame,
                own.with(
                        frames == null ? own.frames() : frames,
                        height == null ? own.height() : height,
                        width == null ? own.width() : width),
                seed,
                steps == null ? bundle.sampling().steps() : steps,
                guidance == null ? bundle.sampling().guidanceScale() : guidance,
                imageGuidance == null ? bundle.sampling().imageGuidanceScale() : imageGuidance,
                Guidance.parse(guidanceKind),
                scheduler == null ? bundle.sampling().scheduler() : Scheduler.Kind.parse(scheduler),
                Routing.parse(routing),
                faceScale,
                maxSequenceLength);
    }

    /** Plain image-to-video checkpoints continue a picture instead of showing people. */
    private boolean takesFirstFrame(ModelBundle bundle) {
        return bundle.transformer().identity() == null && bundle.transformer().imageConditioned() && images.size() == 1;
    }

    private @Nullable People people(ModelBundle bundle, Compute compute, Consumer<String> notices) {
        if (faces != null) {
            return People.load(faces);
        }
        return images.isEmpty() ? null : peopleOptions.encode(images, bundle, compute, notices);
    }

    private Recipe.Sources sources() {
        return new Recipe.Sources(
                faces == null ? images : List.of(faces), peopleOptions.faceIndex, peopleOptions.landmarks);
    }

    private static String describe(
            GenerationRequest request, ModelBundle bundle, Compute compute, VideoGenerator generator) {
        People people = request.people();
        String who = people == null ? "no people" : people.size() == 1 ? "1 person" : people.size() + " people";
        return bundle.name() + ": " + request.size() + ", " + who + ", " + request.steps() + " "
                + request.scheduler() + " steps, seed " + request.seed() + ", " + compute.dtype() + " on "
                + compute.device() + ", memory level " + generator.memory();
    }

    private void make(
            GenerationRequest request,
            ModelBundle bundle,
            VideoGenerator generator,
            TerminalProgress progress,
            Supplier<Recipe> finished) {
        VideoSize size = request.size();
        try (Outputs outputs = new Outputs();
                LatentsRecorder latents = new LatentsRecorder();
                RoutingRecorder routes = new RoutingRecorder(bundle);
                VideoWriter video =
                        VideoWriter.create(output, size.width(), size.height(), VideoWriter.Settings.DEFAULT);
                FrameFolder pngs = saveFrames == null ? null : FrameFolder.create(saveFrames)) {
            List<GenerationListener> listeners = new ArrayList<>(List.of(progress));
            if (saveLatents != null) {
                listeners.add(latents);
            }
            if (saveRouting != null) {
                listeners.add(routes);
            }
            generator.generate(
                    request,
                    decoded -> {
                        video.add(decoded);
                        if (pngs != null) {
                            Picture.of(decoded).forEach(pngs::add);
                        }
                    },
                    GenerationListener.all(listeners));
            Recipe recipe = finished.get();
            video.metadata("comment", recipe.json().toString());
            outputs.write(saveLatents, latents::write);
            if (!routes.isEmpty()) {
                outputs.write(saveRouting, file -> routes.write(file, size));
            }
            outputs.write(recipeFile(), file -> JsonFile.write(file, recipe.json()));
            outputs.write(output, file -> video.finish());
            if (pngs != null) {
                pngs.finish();
                warnOfOlder(pngs, progress);
            }
            outputs.keep();
        }
    }

    private void warnOfOlder(FrameFolder pngs, TerminalProgress progress) {
        int older = pngs.stale().size();
        if (older > 0) {
            progress.warning(saveFrames + ": " + older + " frames of a longer video are there, too, from number "
                    + pngs.count() + " on");
        }
    }

    /** {@code out.json} beside {@code out.mp4}. */
    private Path recipeFile() {
        String name = String.valueOf(output.getFileName());
        int dot = name.lastIndexOf('.');
        return output.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".json");
    }
}
