package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.People;
import ai.ingredients.SavedRecipe;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.LatentColoursFit;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.VideoListener;
import ai.ingredients.tensor.Compute;
import java.io.PrintWriter;
import java.nio.file.Files;
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
    private static final int MOST = 9999;

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
            names = "--recipe",
            paramLabel = "FILE",
            description =
                    "Make the video of a recipe (the .json beside it) again, bit for bit on the same machine; other"
                            + " options count instead of the recipe's, and every difference is told.")
    private @Nullable Path recipeFile;

    @Mixin
    private OutputOptions outputs;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "Videos, each with the next seed: out-1.mp4, out-2.mp4 and so on; people are prepared once.")
    private int count;

    @Mixin
    private PreviewOptions previews;

    @Mixin
    private BestOf best;

    @Option(
            names = "--batch",
            paramLabel = "FILE",
            description = "One video (or --count) for each line of a JSONL file, whose keys are options: {\"prompt\":"
                + " \"A walk.\", \"image\": [\"ada.jpg\"], \"seed\": 7}. They come after the options of the command"
                + " line. A file is named by \"output\", else by the line's number. A line that fails does not end the"
                + " others; videos that are there already are left as they are.")
    private @Nullable Path batch;

    @Mixin
    private GenerationOptions generation;

    @Mixin
    private RefineOptions refine;

    @Option(
            names = "--dynamic-guidance",
            arity = "0..1",
            fallbackValue = "dynamic",
            paramLabel = "KIND",
            description =
                    "Vary guidance over the steps: `dynamic` as the official code, `dynamic-corrected` as it meant.")
    private @Nullable String guidanceKind;

    @Mixin
    private Common common;

    private @Nullable SavedRecipe recipe;
    private @Nullable LatentColoursFit fit;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (LatentColoursFit colours = new LatentColoursFit()) {
            fit = previews.calibrates() ? colours : null;
            int code = batch == null ? all(out, err) : batch(out, err, batch);
            if (fit != null && (code == 0 || colours.videos() > 0)) {
                out.println(previews.write(colours));
            }
            return code;
        }
    }

    private int batch(PrintWriter out, PrintWriter err, Path lines) {
        recipe = recipeFile == null ? null : SavedRecipe.read(recipeFile); // says how the model is opened
        Outputs written = new Outputs();
        previews.claim(written);
        written.refuse("--batch", lines);
        List<String> typed = spec.commandLine().getParseResult().originalArgs();
        return new BatchRun(typed, spec.qualifiedName(), out, err).run(BatchFile.read(lines), this);
    }

    /** The options of a line of a batch, whose videos also count for what {@code base} finds out of all of them. */
    GenerateCommand within(GenerateCommand base) {
        fit = base.fit;
        spec.commandLine().setErr(base.spec.commandLine().getErr());
        return this;
    }

    /** Takes over what was found out for a video of the same line that is there already. */
    void goOn(String suffix) {
        if (generation.hasPrompt()) {
            refine.knownFrom(outputs.target(suffix + number(1), recipe).recipe(), generation.prompt());
        }
    }

    private int all(PrintWriter out, PrintWriter err) {
        check("", new Outputs());
        try (Ingredients ingredients = open();
                TerminalProgress progress = TerminalProgress.to(err);
                SharedPeople people = new SharedPeople(ingredients, progress, count * best.seeds() > 1)) {
            int failed = 0;
            for (Order order : orders(ingredients, people, "")) {
                Map<String, String> failures = make(order, people, progress, err);
                failures.forEach(
                        (option, problem) -> err.println(spec.qualifiedName() + ": " + option + " failed: " + problem));
                failed += failures.size();
                out.println(order.target.written());
            }
            return failed == 0 ? 0 : 1;
        }
    }

    /** The model, as the options and a recipe say. */
    Ingredients open() {
        return generation.open(model, recipe);
    }

    /**
     * Refuses what can be refused without reading photos or models.
     *
     * @param suffix of all names, before their numbers
     * @param files knows all that will be written
     */
    void check(String suffix, Outputs files) {
        recipe = recipeFile == null ? null : SavedRecipe.read(recipeFile);
        generation.check(recipe);
        refine.check(generation.hasPrompt());
        who.check(generation.noCanvas(), recipe != null);
        outputs.check();
        previews.check();
        best.check(!who.images().isEmpty(), outputs.recorded() || previews.calibrates());
        if (outputs.calibrates() && generation.takesShortcuts()) {
            throw stepsLeftOut("leave out --magcache, --teacache and --guidance-interval");
        }
        if (guidanceKind != null) {
            Guidance.parse(guidanceKind);
        }
        if (count < 1 || count > MOST) {
            throw new InvalidInputException("--count " + count + ": use 1 to " + MOST);
        }
        Outputs written = new Outputs();
        previews.claim(written);
        for (int number = 1; number <= count; number++) {
            VideoTarget target = outputs.target(suffix + number(number), recipe);
            target.claim(written);
            target.claim(files);
            previews.claim(target, written);
            previews.claim(target, files);
        }
        who.refuseAsOutput(written);
        embeddings.forEach(file -> written.refuse("--embedding", file));
        generation.loraFiles().forEach(file -> written.refuse("--lora", file));
        written.refuse("--recipe", recipeFile);
    }

    private static InvalidInputException stepsLeftOut(String remedy) {
        return new InvalidInputException(
                "--magcache-calibrate and --teacache-calibrate look at steps that are all computed; " + remedy);
    }

    private String number(int number) {
        return count == 1 ? "" : OutputOptions.numbered(number, count);
    }

    /**
     * A video to make.
     *
     * @param video without people, who come when it is made
     * @param target its files
     */
    record Order(VideoBuilder video, GenerationRequest request, VideoTarget target, long seed) {}

    /** The videos that were asked for, which the model can make. */
    List<Order> orders(Ingredients ingredients, SharedPeople people, String suffix) {
        GenerationRequest first = video(ingredients, people, false).request();
        if (previews.asked()) {
            ingredients.model().requiredColours();
        }
        if (outputs.calibrates() && !first.shortcuts().equals(Shortcuts.NONE)) {
            throw stepsLeftOut("the recipe's video leaves some out; calibrate without --recipe");
        }
        List<Order> orders = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            VideoTarget target = outputs.target(suffix + number(number), recipe);
            target.check(first.size());
            long seed = first.seed() + number - 1;
            VideoBuilder video = video(ingredients, people, false).seed(seed);
            orders.add(new Order(video, video.request(), target, seed));
        }
        return orders;
    }

    /** Whether the files of {@code order} are there already, of this very video. */
    boolean made(Order order) {
        VideoTarget target = order.target;
        boolean there = Files.exists(target.output())
                && Files.exists(target.recipe())
                && (target.latents() == null || Files.exists(target.latents()))
                && (target.routing() == null || Files.exists(target.routing()))
                && (target.frames() == null || Files.exists(target.frames()));
        if (!there) {
            return false;
        }
        SavedRecipe found = SavedRecipe.read(target.recipe());
        if (!best.asked()) {
            return found.asksFor(order.video);
        }
        List<Long> tried = found.seedsTried();
        return tried.size() == best.seeds()
                && tried.getFirst() == order.seed
                && found.asksFor(order.video.seed(found.seed()));
    }

    /** Makes a video and its files; returns what went wrong beside it, by option. */
    Map<String, String> make(Order order, SharedPeople people, TerminalProgress progress, PrintWriter err) {
        Ingredients ingredients = people.ingredients();
        GenerationRequest request = order.request;
        if (recipe != null) {
            recipe.differences(order.video).forEach(line -> err.println("note: " + line));
        }
        if (order.target.routing() != null && request.people() == 0) {
            progress.warning("without people nothing is routed; " + order.target.routing() + " will not be written");
        }
        VideoBuilder video = watched(order.seed, order, people, progress, err);
        if (!best.asked()) {
            return order.target.make(video, () -> fitted(video), request, progress);
        }
        try (FaceReader judge = best.open(ingredients.model())) {
            List<PersonPhoto> photos = BestOf.faces(ingredients.model(), who.read());
            return order.target.make(
                    video,
                    () -> best.make(
                            judge, photos, order.seed, seed -> watched(seed, order, people, progress, err), err),
                    request,
                    progress);
        }
    }

    private Video fitted(VideoBuilder video) {
        LatentColoursFit colours = fit;
        if (colours == null) {
            return video.generate();
        }
        Video made = video.listener(colours).generate();
        colours.add(made.frames());
        return made;
    }

    private VideoBuilder watched(
            long seed, Order order, SharedPeople people, TerminalProgress progress, PrintWriter err) {
        Ingredients ingredients = people.ingredients();
        VideoBuilder video = video(ingredients, people, true).seed(seed);
        GenerationRequest request = video.request();
        video.listener(atBegin(() -> err.println(describe(request, ingredients))))
                .listener(progress);
        return previews.asked() ? video.listener(previews.listener(request, order.target, progress::warning)) : video;
    }

    /**
     * The video as it was asked for.
     *
     * @param prepared whether people come prepared where they appear in several videos; otherwise no photo is read
     */
    private VideoBuilder video(Ingredients ingredients, SharedPeople people, boolean prepared) {
        SavedRecipe saved = recipe;
        VideoBuilder video = saved == null ? generation.video(ingredients) : saved.values(ingredients);
        List<String> names = List.of();
        if (ingredients.takesFirstFrame() && who.images().size() == 1) {
            who.refuse("this model continues the picture and looks for no face in it", generation.noCanvas());
            video.firstFrame(who.images().getFirst());
        } else if (who.any() || saved == null) {
            Path faces = who.faces();
            People known = faces != null
                    ? people.saved(faces)
                    : prepared && people.shared() && who.any() ? people.of(who.portraits(), who.key()) : null;
            names = who.names(known);
            if (known == null) {
                who.portraits().forEach(video::person);
            } else {
                video.people(known);
            }
        } else {
            saved.people(video, saved.prepared() ? people.saved(saved.preparedPeople()) : null);
            names = saved.names();
        }
        generation.apply(video);
        if (guidanceKind != null) {
            video.guidance(Guidance.parse(guidanceKind));
        }
        embeddings.forEach(video::embeddings);
        if (saved != null && !who.anyPlace()) {
            saved.places(video);
        }
        who.describe(video, names);
        refine.apply(video, spec.commandLine().getErr());
        return video;
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
}
