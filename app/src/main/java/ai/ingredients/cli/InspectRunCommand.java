package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.face.PersonName;
import ai.ingredients.inspection.FiguresTable;
import ai.ingredients.inspection.Inspection;
import ai.ingredients.inspection.InspectionFolder;
import ai.ingredients.inspection.Overlay;
import ai.ingredients.inspection.ResidualSheet;
import ai.ingredients.inspection.RoutingInspector;
import ai.ingredients.inspection.RoutingSheets;
import ai.ingredients.inspection.TokenGrid;
import ai.ingredients.inspection.TrueOwners;
import ai.ingredients.inspection.View;
import ai.ingredients.io.JsonFile;
import ai.ingredients.io.MadeFolder;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.media.VideoFormat;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.media.VideoWriter.Settings;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.transformer.IdentityHealth;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients inspect run}: a generation that is watched. */
@Command(
        name = "run",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes a video as `generate` does and shows who owned which part of it: over blocks and "
                    + "denoising steps (the paper's Figure 5), over frames, laid over the video, and as "
                    + "figures.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients inspect run --image ada.jpg --image alan.jpg --output inspected \\",
            "    --prompt \"A woman and a man in half bodies talk in a park.\""
        })
final class InspectRunCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOption model;

    @Mixin
    private WhoOptions who;

    @Mixin
    private RouterSwap swap;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            description = "Folder for videos, pictures and figures.")
    private Path output;

    @Option(
            names = "--steps-shown",
            paramLabel = "N",
            defaultValue = "6",
            description = "Denoising steps to show maps of (default: ${DEFAULT-VALUE}).")
    private int stepsShown;

    @Option(
            names = "--frame",
            paramLabel = "N",
            description = "The frame to show over blocks and steps, from 0 (default: the middle one).")
    private @Nullable Integer frame;

    @Option(
            names = "--overlay",
            paramLabel = "KIND",
            defaultValue = "tint",
            description = "How overlay.mp4 shows owners: tint or contour (default: ${DEFAULT-VALUE}).")
    private String overlayName;

    @Option(
            names = "--masks",
            paramLabel = "DIR",
            description = "Masks of the clip the photos and the prompt belong to, for instance cast/masks/clip-0000: "
                    + "measures how many face tokens go to the right person.")
    private @Nullable Path masks;

    @Option(
            names = "--against",
            paramLabel = "DIR",
            description = "An earlier inspection, to show beside this one in against.png.")
    private @Nullable Path against;

    @Mixin
    private GenerationOptions generation;

    @Mixin
    private Common common;

    /** What is written into a folder. */
    private record Files(
            Path video,
            Path overlay,
            Path steps,
            Path frames,
            Path residual,
            Path against,
            Path routingMaps,
            Path residualMaps,
            Path figures) {
        static Files in(Path folder) {
            return new Files(
                    folder.resolve(InspectionFolder.VIDEO),
                    folder.resolve("overlay.mp4"),
                    folder.resolve("routing-blocks-steps.png"),
                    folder.resolve("routing-frames.png"),
                    folder.resolve("residual.png"),
                    folder.resolve("against.png"),
                    folder.resolve(InspectionFolder.ROUTING),
                    folder.resolve(InspectionFolder.RESIDUAL),
                    folder.resolve(InspectionFolder.FIGURES));
        }

        List<Path> all() {
            return List.of(video, overlay, steps, frames, residual, against, routingMaps, residualMaps, figures);
        }
    }

    /** Share of the hidden states: below it, videos with other people differ by less than their compression. */
    private static final double LEAST_RESIDUAL = 0.003;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        checkInputs();
        View other = against == null ? null : InspectionFolder.read(against);
        try (Ingredients ingredients = generation.open(model);
                TerminalProgress progress =
                        TerminalProgress.to(spec.commandLine().getErr());
                MadeFolder made = MadeFolder.create(output);
                Outputs outputs = new Outputs();
                People saved = who.saved(ingredients)) {
            ModelBundle bundle = ingredients.model();
            if (bundle.transformer().identity() == null) {
                throw new InvalidInputException(
                        bundle.folder().root() + ": this model knows no people (its transformer is a plain CogVideoX "
                                + "one), so nothing is routed in it; inspect an Ingredients checkpoint");
            }
            List<String> names = who.names(saved);
            VideoBuilder video = generation.video(ingredients);
            who.apply(video, saved);
            video.routerOrder(swap.order(who.words(names), names.size()));
            GenerationRequest request = video.request();
            shownFrame(request.size());
            VideoFormat.MP4.checkSize(request.size().width(), request.size().height());
            Files files = Files.in(output);
            files.all().forEach(file -> outputs.claim("--output", file));
            who.refuseAsOutput(outputs);
            RoutingSheets.checkFonts();
            TokenGrid grid = TokenGrid.of(request.size(), bundle.transformer().patchSize());
            TrueOwners truth = masks == null ? null : TrueOwners.read(masks, request.size(), grid, names.size());
            if (names.size() == 1) {
                video.listener(GenerateCommand.atBegin(() -> progress.warning(
                        "with one person there is nothing to choose between: every token is that person's")));
            }
            RoutingInspector inspector = new RoutingInspector(grid, request.steps(), stepsShown, truth);
            Video watched = video.listener(progress).listener(inspector).generate();
            View view = write(watched, request.size(), inspector, shown(names), outputs);
            if (other != null) {
                outputs.write(files.against, file -> Png.write(file, RoutingSheets.against(List.of(other, view))));
            }
            outputs.commit(files.video());
            made.keep();
            out.print(FiguresTable.of(view));
            tellWhatIsMissing(out, bundle, view);
        }
        out.println("Wrote videos, pictures and figures to " + output);
        return 0;
    }

    /** Says it when the people of the photos cannot have had an effect. */
    private static void tellWhatIsMissing(PrintWriter out, ModelBundle bundle, View view) {
        IdentityHealth health = bundle.identityHealth();
        if (health != null) {
            out.println(health.words());
            if (health.collapsed()) {
                out.println("warning: this extractor has collapsed, people cannot be told apart by their tokens");
            }
        }
        if (view.inspection().mean().residual() < LEAST_RESIDUAL) {
            out.println("warning: the identity modules add next to nothing; likeness comes from the reference canvas");
        }
    }

    /** What can be said without reading a file. */
    private void checkInputs() {
        who.check(generation.noCanvas());
        if (!who.any()) {
            throw new InvalidInputException(
                    "without people nothing is routed; give their photos with --image, or --faces");
        }
        if (stepsShown < 1) {
            throw new InvalidInputException("--steps-shown " + stepsShown + " is too few; use at least 1");
        }
        Overlay.parse(overlayName);
        generation.check();
    }

    private int shownFrame(VideoSize size) {
        if (frame == null) {
            return size.frames() / 2;
        }
        if (frame < 0 || frame >= size.frames()) {
            throw new InvalidInputException(
                    "--frame " + frame + " does not exist; the video has frames 0 to " + (size.frames() - 1));
        }
        return frame;
    }

    /** What they are called, else of photos the names of their files, without endings. */
    private List<String> shown(List<String> names) {
        List<Path> images = who.firstImages();
        return IntStream.range(0, names.size())
                .mapToObj(n -> {
                    if (!names.get(n).equals(PersonName.NONE)) {
                        return names.get(n);
                    }
                    return images.isEmpty()
                            ? "person " + (n + 1)
                            : String.valueOf(images.get(n).getFileName()).replaceAll("(?<=.)\\.[^.]*$", "");
                })
                .toList();
    }

    private View write(Video watched, VideoSize size, RoutingInspector inspector, List<String> names, Outputs outputs) {
        Files files = Files.in(output);
        Overlay overlay = Overlay.parse(overlayName);
        int shownFrame = shownFrame(size);
        Inspection inspection = inspector.inspection();
        RoutingMaps maps = inspection.last();
        SortedMap<Integer, Picture> kept = new TreeMap<>();
        for (int frame : RoutingSheets.framesToShow(inspector.grid())) {
            kept.put(frame, watched.frames().get(frame));
        }
        try (VideoWriter video = VideoWriter.create(files.video(), size.width(), size.height(), Settings.DEFAULT);
                VideoWriter laid = VideoWriter.create(files.overlay(), size.width(), size.height(), Settings.DEFAULT)) {
            for (Picture picture : watched.frames()) {
                laid.add(overlay.apply(picture, video.frames(), maps));
                video.add(picture);
            }
            Path last = output.toAbsolutePath().normalize().getFileName();
            View view = new View(
                    String.valueOf(last),
                    inspection,
                    names,
                    shownFrame,
                    watched.frames().get(shownFrame));
            ObjectNode recipe = watched.recipe().json();
            video.metadata("comment", recipe.toString());
            laid.metadata("comment", recipe.toString());
            Map<String, String> texts = Map.of("Comment", recipe.toString());
            outputs.write(files.steps(), file -> Png.write(file, RoutingSheets.blocksAndSteps(view), texts));
            outputs.write(files.frames(), file -> Png.write(file, RoutingSheets.blocksAndFrames(view, kept), texts));
            outputs.write(files.residual(), file -> Png.write(file, ResidualSheet.of(view), texts));
            outputs.write(files.routingMaps(), file -> InspectionFolder.writeRouting(file, inspection));
            outputs.write(files.residualMaps(), file -> InspectionFolder.writeResidual(file, inspection));
            outputs.write(files.figures(), file -> JsonFile.write(file, InspectionFolder.json(view, recipe)));
            outputs.add(laid.complete());
            outputs.add(video.complete());
            return view;
        }
    }
}
