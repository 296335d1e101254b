package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.InvalidInputException;
import ai.ingredients.attributes.AttributeClassifier;
import ai.ingredients.evaluation.Cases;
import ai.ingredients.evaluation.Evaluation;
import ai.ingredients.evaluation.Judges;
import ai.ingredients.evaluation.ListedCases;
import ai.ingredients.evaluation.ModelVideos;
import ai.ingredients.evaluation.RebuiltVideos;
import ai.ingredients.evaluation.VideoFiles;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.evaluation.drawn.CaseFile;
import ai.ingredients.evaluation.drawn.CastCases;
import ai.ingredients.evaluation.drawn.DrawnAttributes;
import ai.ingredients.evaluation.drawn.NamedCases;
import ai.ingredients.evaluation.drawn.PlacedCases;
import ai.ingredients.evaluation.drawn.SpoiltVideos;
import ai.ingredients.evaluation.drawn.TruthVideos;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.evaluation.faces.Inception;
import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.face.PersonName;
import ai.ingredients.metrics.ClipScore;
import ai.ingredients.metrics.FidFeatures;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.tensor.Compute;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients evaluate}: how good a model's videos are. */
@Command(
        name = "evaluate",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes videos of test cases, or takes videos that exist, and measures who is recognised "
                    + "in them, who is missing, swapped or blended, and, for drawn cases, whether scene, action "
                    + "and clothes are right. Writes report.html, summary.md, summary.json, cases.csv, "
                    + "cases.jsonl and contact-sheet.png. Started again with the same folder, it goes on where "
                    + "it stopped.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients evaluate --cases configs/evaluation/cases.json --output evaluation/two",
            "  ingredients evaluate --people 2 --count 100 --maker text-only --output evaluation/two-text-only",
            "  ingredients evaluate --videos my-videos.csv --output evaluation/mine"
        })
final class EvaluateCommand implements Callable<Integer> {
    private static final String RECOGNISER = "evaluation/recognition";
    private static final String ATTRIBUTES = "evaluation/attributes";
    private static final int PEOPLE = 2;
    private static final int COUNT = 100;
    private static final int MOST_PHOTOS = 16;

    /** Who makes the videos. */
    enum Maker {
        MODEL,
        TEXT_ONLY,
        AUTOENCODER,
        TRUTH,
        OTHERS,
        LOST,
        SWAPPED,
        BLENDED,
        COPIED;

        @Override
        public String toString() {
            return Choice.word(this);
        }
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOption model;

    @Option(
            names = "--videos",
            paramLabel = "LIST|DIR",
            description =
                    "Videos that exist: a CSV file with the columns video,prompt,photos (photos separated by `;`), a"
                            + " JSON array of such objects, or a folder `generate` wrote to. Without it, drawn cases no"
                            + " model has learned are made by --maker.")
    private @Nullable Path videos;

    @Option(
            names = "--photos",
            paramLabel = "DIR",
            description = "Where the photos lie that recipes in the folder of --videos name (default: that folder).")
    private @Nullable Path photos;

    @Option(
            names = "--cases",
            paramLabel = "FILE",
            description = "The drawn cases that a file says, or the first --count of them, such as"
                    + " configs/evaluation/cases.json; refused when this version draws anything else.")
    private @Nullable Path casesFile;

    @Option(
            names = "--write-cases",
            paramLabel = "FILE",
            description = "Write what is in the drawn cases of --people, --count and --case-seed to a file, for reading"
                    + " and for --cases, and evaluate nothing.")
    private @Nullable Path writeCases;

    @Option(
            names = "--people",
            paramLabel = "N",
            description = "People in each case, 1 to 3 (default: " + PEOPLE + ").")
    private @Nullable Integer people;

    @Option(names = "--count", paramLabel = "N", description = "Cases (default: " + COUNT + ", or all of --cases).")
    private @Nullable Integer count;

    @Option(
            names = "--case-seed",
            paramLabel = "N",
            converter = Seed.class,
            description = "Other seeds give other cases (default: " + CastCases.DEFAULT_SEED + ").")
    private @Nullable Long caseSeed;

    @Option(
            names = "--maker",
            paramLabel = "WHO",
            defaultValue = "model",
            description = "Who makes the videos: `model`, `text-only` (the same model without photos), `autoencoder`"
                + " (drawn, then through the model's autoencoder), `truth` (drawn, the upper bound), `others` (drawn,"
                + " of other people, the lower bound); drawn with a fault, to see what the figures notice: `lost`,"
                + " `swapped`, `blended`, `copied` (default: ${DEFAULT-VALUE}).")
    private Maker maker;

    @Option(
            names = "--photos-per-person",
            paramLabel = "N",
            defaultValue = "1",
            description = "Photos of each person of a drawn case that --maker model is given, 1 to " + MOST_PHOTOS
                    + "; their features are averaged (default: ${DEFAULT-VALUE}).")
    private int photosPerPerson;

    @Option(
            names = "--ask-places",
            description =
                    "Ask everyone of a drawn case for a place of their own, as `generate --place` does: the prompt's"
                            + " where it says it of everybody, otherwise by lot.")
    private boolean askPlaces;

    @Option(
            names = "--ask-names",
            description =
                    "Tell the model whose which words of a drawn case's prompt are, and where the prompt wants them,"
                            + " as `generate --person --role --place` does; clothes and places are then judged of"
                            + " everybody whom the prompt tells of.")
    private boolean askNames;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder of the results, or of an evaluation to go on with (required but for --write-cases).")
    private @Nullable Path output;

    @Option(
            names = "--recogniser",
            paramLabel = "FILE|DIR",
            description =
                    "The network that judges who is who: a folder with config.json and model.safetensors, an ArcFace"
                            + " .onnx, or CurricularFace's .bin; it should not be the model's own (default: "
                            + RECOGNISER
                            + " in the model's folder).")
    private @Nullable Path recogniser;

    @Option(
            names = "--attributes",
            paramLabel = "DIR",
            description = "The network that judges scene, action and clothes (default: " + ATTRIBUTES
                    + " in the model's folder; without it they are left out).")
    private @Nullable Path attributes;

    @Option(
            names = "--clip",
            paramLabel = "DIR",
            description =
                    "A Hugging Face CLIPModel, such as openai/clip-vit-base-patch32, for CLIPScore (without it, it is"
                            + " left out).")
    private @Nullable Path clip;

    @Option(
            names = "--inception",
            paramLabel = "FILE|DIR",
            description =
                    "torchvision's Inception-v3, inception_v3_google-0cc3c7bd.pth, for FID of faces (without it, it"
                            + " is left out).")
    private @Nullable Path inception;

    @Option(
            names = "--enlarge",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many times frames are enlarged before faces are looked for (default: ${DEFAULT-VALUE}).")
    private int enlarge;

    @Option(
            names = "--min-score",
            paramLabel = "X",
            defaultValue = "0.9",
            description = "A face's least score, 0 to 1 (default: ${DEFAULT-VALUE}).")
    private float minScore;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private RouterSwap swap;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (writeCases != null) {
            return write(writeCases, out);
        }
        if (output == null) {
            throw new InvalidInputException("--output is missing; name a folder for the results");
        }
        return evaluate(output, out);
    }

    private int write(Path file, PrintWriter out) {
        if (casesFile != null || videos != null || output != null) {
            throw new InvalidInputException(
                    "--write-cases evaluates nothing; leave out --output, --cases and --videos");
        }
        CaseFile written = CaseFile.of(drawn());
        written.write(file);
        int cases = written.drawn().size();
        out.println("Wrote " + cases + (cases == 1 ? " case" : " cases") + " with " + written.people()
                + (written.people() == 1 ? " person" : " people") + (cases == 1 ? "" : " each") + " to " + file);
        return 0;
    }

    /** The cases that the options say. */
    private CastCases drawn() {
        if (casesFile == null) {
            return new CastCases(
                    count == null ? COUNT : count,
                    people == null ? PEOPLE : people,
                    caseSeed == null ? CastCases.DEFAULT_SEED : caseSeed);
        }
        if (people != null || caseSeed != null) {
            throw new InvalidInputException("--cases " + casesFile
                    + " says how many people and which seed; leave out --people and --case-seed");
        }
        CaseFile file = CaseFile.read(casesFile);
        return file.cases(count == null ? file.drawn().size() : count, casesFile);
    }

    private int evaluate(Path target, PrintWriter out) {
        if (videos != null && casesFile != null) {
            throw new InvalidInputException("--videos and --cases both say what to evaluate; leave out one of them");
        }
        if (videos == null && photos != null) {
            throw new InvalidInputException("--photos belongs to --videos, which is missing");
        }
        CastCases drawn = videos == null ? drawn() : null;
        FaceReader.Settings settings = new FaceReader.Settings(enlarge, minScore);
        sampling.check();
        weights.over(Options.DEFAULT);
        checkPeopleOptions();
        if (photosPerPerson < 1 || photosPerPerson > MOST_PHOTOS) {
            throw new InvalidInputException(
                    "--photos-per-person " + photosPerPerson + " cannot be used; use 1 to " + MOST_PHOTOS);
        }
        Compute compute = device.compute().checked();
        Path folder = model.resolve();
        try (VideoMaker made = drawn == null ? null : maker(drawn, folder, compute);
                FaceReader reader = FaceReader.open(folder, model.variant, recogniser(folder), settings, compute);
                AttributeClassifier classifier = drawn == null ? null : classifier(folder, compute);
                ClipScore clipScore = clip == null ? null : ClipScore.open(clip, compute);
                FidFeatures features = inception == null ? null : FidFeatures.open(inception, compute);
                Progress progress = new Progress(out, TerminalProgress.interactive())) {
            Judges judges = new Judges(
                    reader,
                    classifier == null ? null : new DrawnAttributes(classifier),
                    clipScore,
                    features == null ? null : Inception.of(features));
            Summary summary;
            if (drawn != null && made != null) {
                Cases told = askNames ? new NamedCases(drawn) : drawn;
                Cases cases = askPlaces ? new PlacedCases(drawn, told) : told;
                summary = new Evaluation(cases, made, judges, target).run(progress);
            } else {
                ListedCases listed = ListedCases.open(Objects.requireNonNull(videos), photos, reader::landmarks);
                summary = new Evaluation(listed, new VideoFiles(listed), judges, target).run(progress);
            }
            progress.close();
            out.print(summary.markdown());
        }
        out.println();
        out.println("Wrote " + target.resolve("report.html") + ", summary.md, summary.json, cases.csv, cases.jsonl and "
                + "contact-sheet.png");
        return 0;
    }

    /** What changes how a model uses its people needs one that does. */
    private void checkPeopleOptions() {
        boolean given = sampling.changesPeople() || swap.given() || photosPerPerson > 1 || askPlaces || askNames;
        if (given && (videos != null || maker != Maker.MODEL)) {
            throw new InvalidInputException(
                    "--face-scale, --no-canvas, --layout, --photos-per-person, --ask-places, --ask-names and"
                        + " --swap-router change how a model uses photos; they need --maker model, and no --videos");
        }
    }

    private ModelVideos withPeople(Ingredients ingredients, CastCases drawn) {
        int count = drawn.people();
        List<Integer> order = swap.order(new PersonWords(Collections.nCopies(count, PersonName.NONE), Map.of()), count);
        return ModelVideos.withPeople(
                ingredients,
                video -> {
                    sampling.apply(video);
                    video.routerOrder(order);
                },
                count,
                new ModelVideos.Given(drawn::morePhotos, photosPerPerson, askPlaces, askNames));
    }

    private Ingredients open(Path folder, Compute compute) {
        return Ingredients.open(folder, weights.over(modelOptions(compute)));
    }

    private Options modelOptions(Compute compute) {
        return Options.DEFAULT.on(compute).withMemory(MemoryLevel.NONE).withVariant(model.variant);
    }

    private Path recogniser(Path folder) {
        if (recogniser != null) {
            if (!Files.exists(recogniser)) {
                throw new InvalidInputException("--recogniser " + recogniser
                        + ": there is no such folder or file; give a folder with config.json and model.safetensors, an"
                        + " ArcFace .onnx or CurricularFace's .bin");
            }
            return recogniser;
        }
        Path own = folder.resolve(RECOGNISER);
        if (!Files.exists(own)) {
            throw new InvalidInputException(own + ": there is no network to judge faces by; give one with --recogniser "
                    + "(not the model's own, which it is conditioned on)");
        }
        return own;
    }

    private @Nullable AttributeClassifier classifier(Path folder, Compute compute) {
        if (attributes != null) {
            return AttributeClassifier.open(attributes, compute);
        }
        Path own = folder.resolve(ATTRIBUTES);
        return Files.isDirectory(own) ? AttributeClassifier.open(own, compute) : null;
    }

    private VideoMaker maker(CastCases drawn, Path folder, Compute compute) {
        return switch (maker) {
            case MODEL -> withPeople(open(folder, compute), drawn);
            case TEXT_ONLY -> ModelVideos.textOnly(open(folder, compute), sampling::apply);
            case AUTOENCODER -> RebuiltVideos.open(folder, model.variant, compute);
            case TRUTH -> TruthVideos.right();
            case OTHERS -> TruthVideos.ofOthers(drawn);
            case LOST -> new SpoiltVideos(SpoiltVideos.Fault.LOST);
            case SWAPPED -> new SpoiltVideos(SpoiltVideos.Fault.SWAPPED);
            case BLENDED -> new SpoiltVideos(SpoiltVideos.Fault.BLENDED);
            case COPIED -> new SpoiltVideos(SpoiltVideos.Fault.COPIED);
        };
    }

    /** A moving bar on a terminal, elsewhere a line every half minute. */
    private static final class Progress implements Evaluation.Listener, AutoCloseable {
        private static final double SECONDS_BETWEEN_LINES = 30;

        private final PrintWriter out;
        private final boolean interactive;
        private @Nullable ProgressBar bar;
        private int before;
        private int done;
        private int total;
        private double similarities;
        private int measured;
        private long started;
        private long lastLine;

        Progress(PrintWriter out, boolean interactive) {
            this.out = out;
            this.interactive = interactive;
        }

        @Override
        public void begins(int finished, int all) {
            before = finished;
            done = finished;
            total = all;
            started = System.nanoTime();
            lastLine = started;
            if (finished > 0) {
                line(finished + " of " + all + (all == 1 ? " case was" : " cases were") + " done before");
            }
            if (interactive) {
                bar = new ProgressBarBuilder()
                        .setTaskName("evaluating")
                        .setInitialMax(all)
                        .startsFrom(finished, java.time.Duration.ZERO)
                        .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                        .setUpdateIntervalMillis(500)
                        .build();
            }
        }

        @Override
        public void finished(CaseResult result) {
            done++;
            if (result.ok()) {
                measured++;
                similarities += result.figures().getOrDefault("face_sim", 0.0);
            } else {
                line("warning: " + result.name() + ": " + Wording.of(String.valueOf(result.error())));
            }
            String mean = measured == 0 ? "" : String.format(Locale.ROOT, " FaceSim %.3f", similarities / measured);
            double each = (System.nanoTime() - started) / 1e9 / (done - before);
            if (bar != null) {
                bar.setExtraMessage(mean);
                bar.stepTo(done);
            } else if ((System.nanoTime() - lastLine) / 1e9 >= SECONDS_BETWEEN_LINES) {
                line(String.format(
                        Locale.ROOT,
                        "case %d of %d,%s, %.1f s each, %.0f s left",
                        done,
                        total,
                        mean,
                        each,
                        each * (total - done)));
            }
        }

        @Override
        public void warning(String text) {
            line("warning: " + Wording.of(text));
        }

        private void line(String text) {
            lastLine = System.nanoTime();
            out.println(text);
            out.flush();
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
