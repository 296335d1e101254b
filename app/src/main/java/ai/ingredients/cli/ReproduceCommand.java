package ai.ingredients.cli;

import static ai.ingredients.training.config.Records.change;
import static ai.ingredients.training.config.Records.with;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.Evaluation;
import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.reproduction.Reproduction;
import ai.ingredients.reproduction.ReproductionConfig;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.sam.SamTraining;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients reproduce}: the paper's tables and figures. */
@Command(
        name = "reproduce",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes the paper's tables and figures on the drawn world: trains what every row needs, "
                    + "makes and judges its videos, and writes report.md with our numbers beside the paper's. "
                    + "Stopped or asked for more, the same command goes on where it was.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients reproduce --all --seeds 1",
            "  ingredients reproduce --all --quick",
            "  ingredients reproduce --table 3 --figure 5,6 --set router.training.steps=1000"
        })
final class ReproduceCommand implements Callable<Integer> {
    private static final Path CONFIG = Path.of("configs/reproduction/reproduction.yaml");
    private static final Path QUICK = Path.of("configs/reproduction/quick.yaml");
    private static final Path OUTPUT = Path.of("runs/reproduction");
    private static final Path QUICK_OUTPUT = Path.of("runs/reproduction-quick");
    private static final int SEEDS = 3;

    private static final ReproductionConfig DEFAULTS = ReproductionConfig.defaults(
            DemoPaths.BUNDLE,
            DemoPaths.model("transformer"),
            Path.of("configs/reproduction/transformer-t2v.json"),
            DemoPaths.model("sam"),
            Path.of("configs/evaluation/cases.json"));

    @Spec
    private CommandSpec spec;

    @Option(names = "--table", paramLabel = "N", split = ",", description = "Table 1, 2 or 3; repeatable.")
    private List<Integer> tables = new ArrayList<>();

    @Option(
            names = "--figure",
            paramLabel = "N",
            split = ",",
            description = "Figure 1, 3, 4, 5, 6, 7 or 8; repeatable.")
    private List<Integer> figures = new ArrayList<>();

    @Option(names = "--all", description = "All tables and figures.")
    private boolean all;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "Sampling seeds: so many videos are made of every case (default: 3, with --quick 1).")
    private @Nullable Integer seeds;

    @Option(
            names = "--training-seeds",
            paramLabel = "N",
            description =
                    "How often stages 1 and 2 of every row are trained, on the same base models; with one nothing is "
                            + "certain between rows that are trained apart (default: 3, with --quick 1).")
    private @Nullable Integer trainingSeeds;

    @Option(
            names = "--quick",
            description = "A tenth of the budgets and a few cases, some 20 minutes on two cores: shows that everything"
                    + " works, not what the paper says (configs/reproduction/quick.yaml on top of the config).")
    private boolean quick;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Folder of the report and of everything made for it (default: runs/reproduction, with --quick "
                            + "runs/reproduction-quick).")
    private @Nullable Path output;

    @Option(
            names = "--config",
            paramLabel = "FILE.yaml",
            description = "Budgets and settings (default: configs/reproduction/reproduction.yaml beside the launcher).")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Overrides one value of the config, for instance --set faces.training.steps=2000; repeatable.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--print-config", description = "Print the complete config and do nothing.")
    private boolean printConfig;

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (printConfig) {
            out.print(TrainingConfig.toYaml(settings()));
            out.flush();
            return 0;
        }
        Set<Integer> wantedTables = all ? Reproduction.TABLES : new TreeSet<>(tables);
        Set<Integer> wantedFigures = all ? Reproduction.FIGURES : new TreeSet<>(figures);
        if (wantedTables.isEmpty() && wantedFigures.isEmpty()) {
            throw new InvalidInputException(
                    "nothing to reproduce was named; use --table 1, --figure 5 and so on, or --all");
        }
        Reproduction.Request request =
                new Reproduction.Request(wantedTables, wantedFigures, seeds(seeds), seeds(trainingSeeds));
        Path folder = output != null ? output : quick ? QUICK_OUTPUT : OUTPUT;
        ReproductionConfig settings = settings();
        try (Progress progress = new Progress(out);
                Interrupts interrupts = new Interrupts(() -> progress.line("stopping with a checkpoint; once more stops"
                        + " at once and loses the steps since the last one"))) {
            Path report = new Reproduction(settings, folder, progress, interrupts::happened).run(request);
            if (report == null) {
                out.println("Stopped; the same command goes on from here.");
                return 130;
            }
            out.println("Wrote " + report);
        }
        return 0;
    }

    private int seeds(@Nullable Integer given) {
        return given != null ? given : quick ? 1 : SEEDS;
    }

    /** The config, the quick one's values over the other's where that is asked for, and the overrides over both. */
    private ReproductionConfig settings() {
        Path home = ModelOption.home();
        ReproductionConfig full = config == null
                ? TrainingConfig.read(
                        home.resolve(CONFIG), quick ? List.of() : overrides, DEFAULTS, file -> at(home, file))
                : TrainingConfig.read(config, quick ? List.of() : overrides, DEFAULTS);
        return quick ? TrainingConfig.read(home.resolve(QUICK), overrides, full) : full;
    }

    /** Paths in the default config are meant from where the launcher is. */
    private static ReproductionConfig at(Path home, ReproductionConfig file) {
        ReproductionConfig placed = with(file, ReproductionConfig::bundle, home.resolve(file.bundle()));
        placed = with(placed, ReproductionConfig::model, home.resolve(file.model()));
        placed = with(placed, ReproductionConfig::textModel, home.resolve(file.textModel()));
        placed = with(placed, ReproductionConfig::cases, home.resolve(file.cases()));
        Path start = file.base().start();
        if (start != null) {
            placed = change(
                    placed, ReproductionConfig::base, own -> with(own, DiffusionTraining::start, home.resolve(start)));
        }
        return change(
                placed, ReproductionConfig::segmenter, own -> with(own, SamTraining::model, home.resolve(own.model())));
    }

    /** Lines of trainings, and of evaluations that may run side by side. */
    private static final class Progress implements Reproduction.Listener, AutoCloseable {
        private static final double SECONDS_BETWEEN_LINES = 30;

        private final PrintWriter out;
        private final TrainingProgress training;
        private long lastLine = System.nanoTime();

        Progress(PrintWriter out) {
            this.out = out;
            training = TrainingProgress.to(out);
        }

        @Override
        public TrainingListener training() {
            return training;
        }

        @Override
        public void begins(String what) {
            line("== " + what);
        }

        @Override
        public Evaluation.Listener evaluating(String what) {
            return new Evaluation.Listener() {
                private int done;
                private int total;

                @Override
                public void begins(int before, int all) {
                    done = before;
                    total = all;
                }

                @Override
                public void finished(CaseResult result) {
                    done++;
                    if (!result.ok()) {
                        line("warning: " + what + ", " + result.name() + ": " + result.error());
                    } else if (done == total || due()) {
                        line(String.format(Locale.ROOT, "%s: case %d of %d", what, done, total));
                    }
                }
            };
        }

        private synchronized boolean due() {
            return (System.nanoTime() - lastLine) / 1e9 >= SECONDS_BETWEEN_LINES;
        }

        synchronized void line(String text) {
            lastLine = System.nanoTime();
            out.println(text);
            out.flush();
        }

        @Override
        public void close() {
            training.close();
        }
    }
}
