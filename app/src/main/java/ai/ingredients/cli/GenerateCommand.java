package ai.ingredients.cli;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.face.People;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.FrameFolder;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureReader;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.LatentsRecorder;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Recipe;
import ai.ingredients.pipeline.RoutingRecorder;
import ai.ingredients.pipeline.Steering;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
            description = "The video, H.264 at 8 frames a second (default: ${DEFAULT-VALUE}). "
                    + "The recipe is written beside it as .json.")
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

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        long started = System.nanoTime();
        PrintWriter err = spec.commandLine().getErr();
        checkInputs();
        checkOutputs();
        Compute compute = generation.compute();
        ModelBundle bundle = model.open();
        List<LearnedWord> words = embeddings.stream()
                .flatMap(file -> LearnedWord.read(file).stream())
                .toList();
        Map<String, String> failures;
        // Refuses bad ones before anything is loaded.
        GenerationRequest options =
                generation.request(bundle, null, null, Guidance.parse(guidanceKind), who.knownWords(), Steering.NONE);
        try (VideoGenerator generator = generation.generator(bundle, words);
                TerminalProgress progress = TerminalProgress.to(err)) {
            generator.check(options);
            who.checkPlaces(generator, options.size());
            who.warnOfIdlePlaces(bundle, progress::warning);
            VideoWriter.checkSize(options.size().width(), options.size().height());
            if (takesFirstFrame(bundle)) {
                who.refuse("this model continues the picture and looks for no face in it");
            }
            Picture firstFrame =
                    takesFirstFrame(bundle) ? PictureReader.read(who.images().getFirst()) : null;
            if (firstFrame == null) {
                generator.checkPeople(who.images().size());
            }
            if (saveRouting != null && !who.any()) {
                progress.warning("without people nothing is routed; " + saveRouting + " will not be written");
            }
            try (Scope scope = Scope.inference()) {
                People people = firstFrame == null ? who.people(bundle, compute, progress::warning) : null;
                GenerationRequest request = request(bundle, people, firstFrame);
                generator.check(request);
                err.println(describe(request, bundle, compute, generator));
                Recipe.Sources sources = who.sources(bundle); // a file may be gone, or be another one, after the work
                failures = make(request, bundle, generator, progress, () -> {
                    double seconds = (System.nanoTime() - started) / 1e9;
                    return Recipe.of(
                                    request,
                                    sources,
                                    bundle,
                                    compute,
                                    generator,
                                    Main.Version.text(),
                                    progress.secondsPerStep(),
                                    seconds)
                            .asTyped(generation.prompt(), generation.negativePrompt());
                });
            }
        }
        String name = spec.qualifiedName();
        failures.forEach((option, problem) -> err.println(name + ": " + option + " failed: " + problem));
        spec.commandLine().getOut().println("Wrote " + output + " and " + recipeFile());
        return failures.isEmpty() ? 0 : 1;
    }

    /** What can be said without reading photos or models. */
    private void checkInputs() {
        generation.check();
        Guidance.parse(guidanceKind);
        who.check();
        who.checkUse(generation.prompt(), generation.negativePrompt());
    }

    /** Every file that will be written is tried before any long work. */
    private void checkOutputs() {
        VideoWriter.checkWritable(output);
        Outputs files = new Outputs();
        files.claim("--output", output);
        files.claim("the recipe beside --output", recipeFile());
        files.claim("--save-latents", saveLatents, ".safetensors");
        files.claim("--save-routing", saveRouting, ".safetensors");
        who.refuseAsOutput(files);
        embeddings.forEach(file -> files.refuse("--embedding", file));
        if (saveFrames != null) {
            FrameFolder.checkWritable(saveFrames);
        }
    }

    private GenerationRequest request(ModelBundle bundle, @Nullable People people, @Nullable Picture firstFrame) {
        Guidance guidance = Guidance.parse(guidanceKind);
        if (people == null) {
            return generation.request(bundle, null, firstFrame, guidance, who.knownWords(), Steering.NONE);
        }
        PersonWords words = who.words(people.names());
        Steering steering = who.steering(words, people.size(), List.of());
        return generation.request(bundle, people, firstFrame, guidance, words, steering);
    }

    /** Plain image-to-video checkpoints continue a picture instead of showing people. */
    private boolean takesFirstFrame(ModelBundle bundle) {
        return bundle.transformer().identity() == null
                && bundle.transformer().imageConditioned()
                && who.images().size() == 1;
    }

    private static String describe(
            GenerationRequest request, ModelBundle bundle, Compute compute, VideoGenerator generator) {
        People people = request.people();
        String who = people == null ? "no people" : people.size() == 1 ? "1 person" : people.size() + " people";
        return bundle.name() + ": " + request.size() + ", " + who + ", " + request.steps() + " "
                + request.scheduler() + (request.steps() == 1 ? " step," : " steps,")
                + " seed " + Long.toUnsignedString(request.seed()) + ", " + compute.dtype() + " on "
                + compute.device() + ", memory level " + generator.memory();
    }

    /** Makes the video and what was asked for beside it; returns what went wrong with the latter, by option. */
    private Map<String, String> make(
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
                            outputs.aside(
                                    "--save-frames", () -> Picture.of(decoded).forEach(pngs::add));
                        }
                    },
                    GenerationListener.all(listeners));
            Recipe recipe = finished.get();
            if (!noMetadata) {
                video.metadata("comment", recipe.json().toString());
            }
            outputs.aside("--save-latents", () -> outputs.write(saveLatents, latents::write));
            if (!routes.isEmpty()) {
                outputs.aside("--save-routing", () -> outputs.write(saveRouting, file -> routes.write(file, size)));
            }
            if (pngs != null && outputs.well("--save-frames")) {
                pngs.files().forEach(outputs::add);
            }
            outputs.write(recipeFile(), file -> JsonFile.write(file, recipe.json()));
            outputs.add(video.complete());
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

    /** {@code out.json} beside {@code out.mp4}. */
    private Path recipeFile() {
        String name = String.valueOf(output.getFileName());
        int dot = name.lastIndexOf('.');
        return output.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".json");
    }
}
