package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.VideoFormat;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.LatentsRecorder;
import ai.ingredients.pipeline.MagnitudeRecorder;
import ai.ingredients.pipeline.RoutingRecorder;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.tensor.Compute;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
            "Makes a video in which the people of the photos appear. Without photos it is plain " + "text-to-video.",
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

    @Mixin
    private WhoOptions who;

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
            description = "The video, 8 frames a second, by its ending: .mp4 (H.264), .webm (VP9), .gif or .webp "
                    + "(default: ${DEFAULT-VALUE}). The recipe is written beside it as .json.")
    private Path output;

    @Mixin
    private GenerationOptions generation;

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
            names = "--no-metadata",
            description = "Leave the recipe (prompt, names and hashes of the photos, settings) out of the video itself;"
                    + " the .json beside it has it either way.")
    private boolean noMetadata;

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

    @Option(
            names = "--magcache-calibrate",
            paramLabel = "FILE",
            description =
                    "Write what --magcache must know of the model, found while the video is made; as magcache.json in"
                            + " the model's folder it is used from then on.")
    private @Nullable Path magCacheRatios;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        Guidance guidance = checkInputs();
        checkOutputs();
        Map<String, String> failures;
        try (Ingredients ingredients = generation.open(model);
                TerminalProgress progress = TerminalProgress.to(err);
                People saved = who.saved(ingredients)) {
            VideoBuilder video = generation.video(ingredients).guidance(guidance);
            embeddings.forEach(video::embeddings);
            if (ingredients.takesFirstFrame() && who.images().size() == 1) {
                who.refuse("this model continues the picture and looks for no face in it", generation.noCanvas());
                video.firstFrame(who.images().getFirst());
            } else {
                who.apply(video, saved);
            }
            GenerationRequest request = video.request();
            VideoFormat.of(output)
                    .checkSize(request.size().width(), request.size().height());
            if (saveRouting != null && request.people() == 0) {
                progress.warning("without people nothing is routed; " + saveRouting + " will not be written");
            }
            video.listener(atBegin(() -> err.println(describe(request, ingredients))));
            failures = make(video.listener(progress), request, progress);
        }
        String name = spec.qualifiedName();
        failures.forEach((option, problem) -> err.println(name + ": " + option + " failed: " + problem));
        spec.commandLine().getOut().println("Wrote " + output + " and " + Video.recipeFile(output));
        return failures.isEmpty() ? 0 : 1;
    }

    /** What can be said without reading photos or models. */
    private Guidance checkInputs() {
        generation.check();
        who.check(generation.noCanvas());
        if (magCacheRatios != null && generation.takesShortcuts()) {
            throw new InvalidInputException(
                    "--magcache-calibrate looks at steps that are all computed; leave out --magcache and"
                            + " --guidance-interval");
        }
        return Guidance.parse(guidanceKind);
    }

    /** Every file that will be written is tried before any long work. */
    private void checkOutputs() {
        VideoWriter.checkWritable(output);
        Outputs files = new Outputs();
        files.claim("--output", output);
        files.claim("the recipe beside --output", Video.recipeFile(output));
        files.claim("--save-latents", saveLatents, ".safetensors");
        files.claim("--save-routing", saveRouting, ".safetensors");
        files.claim("--magcache-calibrate", magCacheRatios, ".json");
        who.refuseAsOutput(files);
        embeddings.forEach(file -> files.refuse("--embedding", file));
        if (saveFrames != null) {
            FrameFolder.checkWritable(saveFrames);
        }
    }

    /** Does {@code work} when the photos are read and the video begins. */
    static VideoListener atBegin(Runnable work) {
        return new VideoListener() {
            @Override
            public void begins(Stage stage, int total) {
                if (stage == Stage.TEXT) {
                    work.run();
                }
            }
        };
    }

    private static String describe(GenerationRequest request, Ingredients ingredients) {
        int people = request.people();
        String who = people == 0 ? "no people" : people == 1 ? "1 person" : people + " people";
        Compute compute = ingredients.compute();
        return request.bundle().name() + ": " + request.size() + ", " + who + ", " + request.steps() + " "
                + request.scheduler() + (request.steps() == 1 ? " step," : " steps,")
                + " seed " + Long.toUnsignedString(request.seed()) + ", " + compute.dtype() + " on "
                + compute.device() + ", memory level " + ingredients.memory();
    }

    /** Makes the video and what was asked for beside it; returns what went wrong with the latter, by option. */
    private Map<String, String> make(VideoBuilder video, GenerationRequest request, TerminalProgress progress) {
        try (Outputs outputs = new Outputs();
                LatentsRecorder latents = new LatentsRecorder();
                RoutingRecorder routes = new RoutingRecorder(request.bundle());
                MagnitudeRecorder magnitudes = new MagnitudeRecorder();
                FrameFolder pngs = saveFrames == null ? null : FrameFolder.create(saveFrames)) {
            if (saveLatents != null) {
                video.listener(latents);
            }
            if (saveRouting != null) {
                video.listener(routes);
            }
            if (magCacheRatios != null) {
                video.listener(magnitudes);
            }
            Video made = video.generate();
            outputs.add(made, output, !noMetadata);
            outputs.aside("--save-latents", () -> outputs.write(saveLatents, latents::write));
            if (magCacheRatios != null) {
                outputs.aside(
                        "--magcache-calibrate",
                        () -> outputs.write(
                                magCacheRatios, file -> magnitudes.ratios().write(file)));
            }
            if (!routes.isEmpty()) {
                outputs.aside(
                        "--save-routing", () -> outputs.write(saveRouting, file -> routes.write(file, request.size())));
            }
            if (pngs != null) {
                outputs.aside("--save-frames", () -> made.frames().forEach(pngs::add));
            }
            if (pngs != null && outputs.well("--save-frames")) {
                pngs.files().forEach(outputs::add);
            }
            outputs.commit(output);
            if (pngs != null && outputs.well("--save-frames")) {
                pngs.finish();
                warnOfOlder(pngs, progress);
            }
            return outputs.failures();
        }
    }

    private void warnOfOlder(FrameFolder pngs, TerminalProgress progress) {
        int older = pngs.stale().size();
        if (older > 0) {
            progress.warning(saveFrames + ": " + older + (older == 1 ? " frame" : " frames")
                    + " of a longer video " + (older == 1 ? "is" : "are") + " there, too, from number "
                    + pngs.count() + " on");
        }
    }
}
