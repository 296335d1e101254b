package ai.ingredients.reproduction;

import ai.ingredients.InvalidInputException;
import ai.ingredients.evaluation.CaseSheet;
import ai.ingredients.evaluation.Evaluation;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.ModelVideos;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.evaluation.report.Summary;
import ai.ingredients.io.IoReason;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import ai.ingredients.tensor.Workers;
import ai.ingredients.training.loop.MetricsLog;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tables 1 to 3 and figures 1 and 3 to 8 of the paper: trains what they need, makes and judges the videos, and writes
 * one report.
 *
 * <pre>
 * report.md         our numbers beside the paper's, which orderings hold, all pictures
 * report.json       the same for programs
 * figure-N.png      the figures
 * training/ words/ bundles/ cache/ evaluation/   what was made on the way; see {@link ModelTraining}
 * times.json        seconds spent on each part
 * </pre>
 *
 * <p>Everything that is done is found again, so that a run that was stopped, or asked for more, goes on. All rows have
 * equal budgets and share what they begin with. Paper sections 4.2 to 4.4.
 */
public final class Reproduction {
    /** The tables there are. */
    public static final SortedSet<Integer> TABLES = new TreeSet<>(Set.of(1, 2, 3));
    /** The figures there are. */
    public static final SortedSet<Integer> FIGURES = new TreeSet<>(Set.of(1, 3, 4, 5, 6, 7, 8));

    private static final int GRID_CASES = 4;

    private final ReproductionConfig config;
    private final EvaluationSet set;
    private final Path folder;
    private final Listener listener;
    private final ModelTraining training;
    private final RowEvaluation evaluation;
    private final Times times;
    private final BooleanSupplier stop;

    /**
     * What is asked for.
     *
     * @param tables some of {@link #TABLES}
     * @param figures some of {@link #FIGURES}
     * @param seeds sampling seeds: so many videos are made of every case
     * @param trainingSeeds how often stage 1 and 2 of every row are trained; the base models are trained once
     */
    public record Request(Set<Integer> tables, Set<Integer> figures, int seeds, int trainingSeeds) {
        public Request {
            tables = new TreeSet<>(tables);
            figures = new TreeSet<>(figures);
            if (!TABLES.containsAll(tables) || !FIGURES.containsAll(figures)) {
                throw new InvalidInputException("tables " + tables + " and figures " + figures
                        + " were asked for; there are tables " + TABLES + " and figures " + FIGURES);
            }
            if (seeds < 1) {
                throw new InvalidInputException("--seeds " + seeds + " is too few; use at least 1 (3 for results)");
            }
            if (trainingSeeds < 1) {
                throw new InvalidInputException("--training-seeds " + trainingSeeds
                        + " is too few; use at least 1 (3 to be certain of anything that is trained)");
            }
        }
    }

    /** Told what is going on. May be called from several threads at a time. */
    public interface Listener {
        /** Of trainings, one at a time. */
        TrainingListener training();

        /** Of an evaluation: a row with one of the seeds of training and of sampling. */
        Evaluation.Listener evaluating(String what);

        /** Another part begins. */
        void begins(String what);
    }

    /**
     * @param folder of everything that is made
     * @param stop asked after every training step and between evaluations
     */
    public Reproduction(ReproductionConfig config, Path folder, Listener listener, BooleanSupplier stop) {
        this.config = config;
        this.folder = folder;
        this.listener = listener;
        set = EvaluationSet.read(config.cases(), config.count());
        training = new ModelTraining(config, folder, listener.training(), stop);
        evaluation = new RowEvaluation(config, set, training, folder);
        prepare(folder);
        times = Times.in(folder);
        this.stop = stop;
    }

    private static void prepare(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": cannot be made (" + IoReason.of(e) + "); choose a folder you may write to", e);
        }
    }

    /**
     * Makes what is asked for and not there yet, then the report. A figure that fails costs neither the others nor the
     * report, which says what is missing; the failure is thrown once it is written.
     *
     * @return the report; null when stopped on the way
     * @throws InvalidInputException when a model, the cases or a config is missing or does not fit, or the folder holds
     *     results of another config
     */
    public @Nullable Path run(Request request) {
        try {
            Map<Row, RowResult> results = results(request);
            Map<Integer, FigureResult> figures = new LinkedHashMap<>();
            RuntimeException failure = null;
            for (int number : request.figures()) {
                listener.begins("figure " + number);
                try {
                    figures.put(number, times.measure("figure " + number, () -> figure(number)));
                } catch (TrainingPlan.Stopped e) {
                    throw e;
                } catch (RuntimeException e) {
                    figures.put(number, FigureResult.missing(number, String.valueOf(e.getMessage())));
                    if (failure == null) {
                        failure = e;
                    }
                }
            }
            Path report = folder.resolve("report.md");
            new ReproductionReport(config, set, request, results, figures, times, folder).write();
            if (failure != null) {
                throw failure;
            }
            return report;
        } catch (TrainingPlan.Stopped e) {
            return null;
        }
    }

    private Map<Row, RowResult> results(Request request) {
        Set<Row> rows = new LinkedHashSet<>();
        for (Table table : Table.values()) {
            if (request.tables().contains(table.number())) {
                rows.addAll(table.rows());
            }
        }
        if (rows.contains(Row.INGREDIENTS)) {
            rows.add(Row.FACE_SCALE_0);
        }
        Set<Trained> models = new LinkedHashSet<>();
        for (int seed = 0; seed < request.trainingSeeds(); seed++) {
            for (Row row : rows) {
                lineage(Trained.of(row.model(), seed), models);
            }
        }
        for (Trained model : models) {
            listener.begins("training " + model);
            times.measure("training " + model, () -> training.bundle(model));
        }
        for (Row row : rows) {
            listener.begins("preparing row " + row);
            times.measure("words of row " + row, () -> {
                evaluation.prepare(row, 0);
                return row;
            });
        }
        listener.begins("evaluating " + rows.size() + " rows, " + request.trainingSeeds() + " training seeds, "
                + request.seeds() + " sampling seeds");
        return times.measure("evaluating", () -> evaluated(rows, request));
    }

    /** {@code model} after all it begins with. */
    private static void lineage(Trained model, Set<Trained> all) {
        Trained start = model.start();
        if (start != null) {
            lineage(start, all);
        }
        all.add(model);
    }

    private Map<Row, RowResult> evaluated(Set<Row> rows, Request request) {
        List<RowEvaluation.Round> rounds = new ArrayList<>();
        for (int round = 0; round < request.seeds(); round++) {
            for (Row row : rows) {
                for (int seed = 0; seed < Trained.trainings(row.model(), request.trainingSeeds()); seed++) {
                    rounds.add(new RowEvaluation.Round(row, seed, round));
                }
            }
        }
        List<Callable<Summary>> tasks = new ArrayList<>();
        rounds.forEach(one -> tasks.add(() -> evaluated(one)));
        List<Summary> summaries;
        try (Workers workers = new Workers(config.sampling().workers())) {
            summaries = workers.all(tasks);
        }
        Map<Row, List<List<List<CaseResult>>>> trainings = new EnumMap<>(Row.class);
        for (int i = 0; i < rounds.size(); i++) {
            RowEvaluation.Round one = rounds.get(i);
            List<List<List<CaseResult>>> ofRow = trainings.computeIfAbsent(one.row(), row -> new ArrayList<>());
            if (one.round() == 0) {
                ofRow.add(new ArrayList<>());
            }
            ofRow.get(one.training()).add(summaries.get(i).results());
        }
        Map<Row, RowResult> results = new EnumMap<>(Row.class);
        trainings.forEach((row, all) -> results.put(row, new RowResult(row, all)));
        return results;
    }

    private Summary evaluated(RowEvaluation.Round one) {
        if (stop.getAsBoolean()) {
            throw new TrainingPlan.Stopped();
        }
        String trained = one.training() == 0 ? "" : ", training " + (one.training() + 1);
        String what = one.row().title() + trained + ", seed " + (one.round() + 1);
        return evaluation.evaluate(one, listener.evaluating(what));
    }

    private FigureResult figure(int number) {
        return switch (number) {
            case 1 -> videos();
            case 3 -> methods();
            case 4 -> failures();
            case 5 -> routing();
            case 6 -> losses();
            case 7 -> MaskFigure.of(training.segmenter(), set, folder);
            case 8 -> makeUp();
            default -> throw new IllegalArgumentException("figure " + number);
        };
    }

    private FigureResult videos() {
        int shown = Math.min(GRID_CASES, config.count());
        evaluation.prepare(Row.INGREDIENTS, 0);
        List<Picture> strips = new ArrayList<>();
        try (VideoMaker maker = evaluation.maker(RowEvaluation.Round.first(Row.INGREDIENTS))) {
            for (int i = 0; i < shown; i++) {
                EvaluationCase one = set.cases().get(i);
                strips.add(CaseSheet.strip(one, maker.make(one), List.of()));
            }
        }
        write(1, CaseSheet.of(strips));
        return FigureResult.of(1, "Ingredients on the first " + shown + " cases: photos, frames, prompt; none chosen.");
    }

    private FigureResult failures() {
        RowEvaluation.Round first = RowEvaluation.Round.first(Row.INGREDIENTS);
        evaluation.prepare(Row.INGREDIENTS, 0);
        List<CaseResult> results = evaluated(first).results();
        try (VideoMaker maker = evaluation.maker(first)) {
            write(4, FailureFigure.draw(set, results, maker));
        }
        return new FigureResult(
                4,
                "What goes wrong in Ingredients: of each failure the worst cases, and how often it happens in all.",
                FailureFigure.lines(results));
    }

    private FigureResult methods() {
        int shown = Math.min(GRID_CASES, config.inversionCases());
        List<EvaluationCase> cases = new ArrayList<>();
        for (int i = 0; i < shown; i++) {
            cases.add(set.cases().get(i));
        }
        Map<String, List<Picture>> frames = new LinkedHashMap<>();
        for (Row row : Table.METHODS.rows()) {
            evaluation.prepare(row, 0);
            try (VideoMaker maker = evaluation.maker(RowEvaluation.Round.first(row))) {
                List<Picture> middle = new ArrayList<>();
                for (EvaluationCase one : cases) {
                    List<Picture> video = maker.make(one);
                    middle.add(video.get(video.size() / 2));
                }
                frames.put(row.title(), middle);
            }
        }
        frames.put(
                "rendered truth",
                cases.stream()
                        .map(one -> Objects.requireNonNull(one.known()).truth().frames())
                        .map(video -> video.get(video.size() / 2))
                        .toList());
        write(3, ComparisonGrid.draw(cases, frames));
        return FigureResult.of(
                3, "The baselines and Ingredients on the first " + shown + " cases, beside the rendered truth.");
    }

    private FigureResult routing() {
        Map<String, ModelVideos> makers = new LinkedHashMap<>();
        try {
            for (Row row : List.of(Row.NO_ROUTING_LOSS, Row.INGREDIENTS)) {
                makers.put(
                        row == Row.INGREDIENTS ? "cross-entropy" : row.title(),
                        evaluation.withPeople(RowEvaluation.Round.first(row)));
            }
            RoutingFigure figure = RoutingFigure.of(
                    set.cases().get(0), makers, config.sampling().steps());
            write(5, figure.picture());
            List<String> titles = List.copyOf(makers.keySet());
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < titles.size(); i++) {
                lines.add(String.format(
                        Locale.ROOT,
                        "%s: mean entropy %.3f bits (1 is undecided), same owner as a block before %.1f %%",
                        titles.get(i),
                        figure.figures().get(i).entropy(),
                        100 * figure.figures().get(i).sameAsBlockBefore()));
            }
            return new FigureResult(
                    5, "Routing maps of case 0 over blocks and denoising steps, without and with L_route.", lines);
        } finally {
            makers.values().forEach(ModelVideos::close);
        }
    }

    private FigureResult losses() {
        Trained best = Trained.of(Row.INGREDIENTS.model(), 0);
        training.transformer(best);
        List<MetricsLog.Line> log = MetricsLog.read(training.run(best).resolve("metrics.jsonl"));
        return LossFigure.draw(log, folder.resolve("figure-6"));
    }

    private FigureResult makeUp() {
        write(8, CasesFigure.draw(set.drawn()));
        return FigureResult.of(
                8,
                "Make-up of the evaluation set: " + config.count() + " cases with " + set.people() + " people each.");
    }

    private void write(int number, Picture picture) {
        Png.write(folder.resolve("figure-" + number + ".png"), picture);
    }
}
