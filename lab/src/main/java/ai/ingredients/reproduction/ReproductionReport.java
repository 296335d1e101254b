package ai.ingredients.reproduction;

import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SeededInterval;
import ai.ingredients.evaluation.statistics.SetFigure;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.JsonFile;
import ai.ingredients.reproduction.Table.Claim;
import ai.ingredients.reproduction.Table.Metric;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.diffusion.Stills;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Our numbers beside the paper's: {@code report.md} for people, {@code report.json} for programs. */
final class ReproductionReport {
    private final ReproductionConfig config;
    private final EvaluationSet set;
    private final Reproduction.Request request;
    private final Map<Row, RowResult> results;
    private final Map<Integer, FigureResult> figures;
    private final Times times;
    private final Path folder;
    private final Map<Row, SetFigure> distances = new EnumMap<>(Row.class);
    private final List<Judged> judged;

    /** @param folder of the reproduction, where the report is written */
    ReproductionReport(
            ReproductionConfig config,
            EvaluationSet set,
            Reproduction.Request request,
            Map<Row, RowResult> results,
            Map<Integer, FigureResult> figures,
            Times times,
            Path folder) {
        this.config = config;
        this.set = set;
        this.request = request;
        this.results = results;
        this.figures = figures;
        this.times = times;
        this.folder = folder;
        results.forEach((row, result) -> distances.put(row, FaceDistances.of(folder, result)));
        judged = tables().stream()
                .flatMap(table -> table.claims().stream().map(claim -> judge(table, claim)))
                .toList();
    }

    /**
     * An ordering of the paper's and what became of it.
     *
     * @param gain over training seeds and cases where there are several trainings, else over cases
     * @param deciding what would decide it; empty where that cannot be said
     */
    private record Judged(Table table, Claim claim, Interval gain, Verdict verdict, String deciding) {}

    void write() {
        AtomicFile.replace(folder.resolve("report.md"), markdown().getBytes(StandardCharsets.UTF_8));
        JsonFile.write(folder.resolve("report.json"), json());
    }

    private List<Table> tables() {
        return List.of(Table.values()).stream()
                .filter(table -> request.tables().contains(table.number()))
                .toList();
    }

    private Judged judge(Table table, Claim claim) {
        RowResult better = results.get(claim.better());
        RowResult worse = results.get(claim.worse());
        if (better == null || worse == null) {
            throw new IllegalStateException("a row of table " + table.number() + " is missing");
        }
        // Rows of one model differ in how they use it; others in their training as well, of which one says little.
        boolean trainedApart = better.row().model() != worse.row().model();
        if (claim.metric() == Metric.FRECHET) {
            Interval gain = FaceDistances.gain(folder, better, worse);
            Verdict verdict = Verdict.of(gain);
            boolean once = better.trainings().size() == 1 && worse.trainings().size() == 1;
            return new Judged(table, claim, gain, trainedApart && once ? verdict.uncertain() : verdict, "");
        }
        String figure = claim.metric() == Metric.PROMPT ? "attributes_right" : "face_sim";
        Interval overCases = better.minus(worse, figure);
        if (!trainedApart) {
            return new Judged(table, claim, overCases, Verdict.of(overCases), "");
        }
        SeededInterval gain = better.gain(worse, figure);
        Verdict verdict = Verdict.of(gain);
        return new Judged(
                table,
                claim,
                gain.seeds() == 1 ? overCases : new Interval(gain.mean(), gain.low(), gain.high(), gain.cases()),
                verdict,
                verdict.undecided() ? words(gain.deciding()) : "");
    }

    /** "7 training seeds or 300 cases"; empty where neither would do. */
    private static String words(SeededInterval.Deciding deciding) {
        List<String> ways = new ArrayList<>();
        if (deciding.seeds() != null) {
            ways.add(deciding.seeds() + " training seeds");
        }
        if (deciding.cases() != null) {
            ways.add(deciding.cases() + " cases");
        }
        return String.join(" or ", ways);
    }

    private String markdown() {
        StringBuilder text = new StringBuilder("# The paper's tables and figures, on the drawn world\n\n");
        settings(text);
        if (!judged.isEmpty()) {
            text.append("\n**").append(held(true)).append("** orderings of the paper are ");
            text.append("reproduced with certainty (the 95 % interval of the difference, paired over cases, leaves out"
                    + " 0, and there are at least " + Verdict.LEAST_CASES
                    + " cases). Of those by CLIPScore, in whose place"
                    + " stands the judge of prompts, ");
            text.append(held(false)).append(".\n");
        }
        PeopleCheck people = PeopleCheck.of(results);
        if (people != null) {
            text.append(people.markdown());
        }
        for (Table table : tables()) {
            text.append("\n## Table ")
                    .append(table.number())
                    .append(": ")
                    .append(table.title())
                    .append("\n\n");
            rows(text, table);
            text.append('\n');
            claims(text, judged.stream().filter(one -> one.table() == table).toList());
        }
        for (FigureResult figure : figures.values()) {
            text.append("\n## Figure ").append(figure.number()).append("\n\n");
            text.append(figure.caption()).append("\n\n");
            if (figure.drawn()) {
                text.append("![figure ")
                        .append(figure.number())
                        .append("](figure-")
                        .append(figure.number());
                text.append(".png)\n");
            }
            if (!figure.lines().isEmpty()) {
                text.append('\n');
                figure.lines().forEach(line -> text.append("- ").append(line).append('\n'));
            }
        }
        durations(text);
        return text.toString();
    }

    /** "3 of 13" of the orderings by what the paper measures, or of the others. */
    private String held(boolean paper) {
        List<Judged> counted = judged.stream()
                .filter(one -> one.claim().metric().paper() == paper)
                .toList();
        long held = counted.stream()
                .filter(one -> one.verdict() == Verdict.REPRODUCED)
                .count();
        return held + " of " + counted.size();
    }

    private void settings(StringBuilder text) {
        text.append("- cases: ")
                .append(config.count())
                .append(" of the test split with ")
                .append(set.people());
        text.append(" people each, case seed ").append(set.seed()).append("; Inversion on the first ");
        text.append(config.inversionCases()).append('\n');
        text.append("- sampling seeds: ").append(request.seeds()).append(" (every case has a video for each); ");
        text.append("training seeds: ").append(request.trainingSeeds()).append(" of stages 1 and 2, on one base\n");
        text.append("- videos: ").append(config.sampling().steps()).append(" steps of ");
        text.append(config.sampling().scheduler())
                .append(", guidance ")
                .append(config.sampling().guidanceScale());
        text.append(" by the prompt and, where there are photos, ")
                .append(config.sampling().imageGuidanceScale())
                .append(" by these");
        text.append(", routing reference\n");
        budget(text, "base models", config.base());
        Path start = config.base().start();
        if (start != null) {
            text.append("- the text-only base model begins with the transformer of ")
                    .append(
                            start.getParent() == null
                                    ? start
                                    : start.getParent().getFileName())
                    .append(config.base().beginAnew().isEmpty() ? "" : ", without ")
                    .append(String.join(", ", config.base().beginAnew()))
                    .append('\n');
        }
        budget(text, "stage 1 of every row", config.faces());
        budget(text, "stage 2 of every row", config.router());
        text.append("- a word of Inversion: ")
                .append(config.inversion().training().steps())
                .append(" steps, ");
        text.append(config.inversion().vectors()).append(" vectors\n");
        text.append("- Fréchet distance: of the judge's embeddings of faces to those of photos, in the place of FID,"
                + " whose ");
        text.append("Inception weights cannot be shipped; smaller is better, and more faces make it smaller\n");
        text.append("- prompt right: scene, action and which colours of clothes there are, by a classifier of the drawn"
                + " world, in the ");
        text.append("place of CLIPScore\n");
        text.append(
                "- intervals: 95 %, bootstrap over cases and, where there are several, over training seeds; a case's"
                        + " figure is its mean over the sampling seeds; between rows of different trainings nothing is"
                        + " certain by one training seed\n");
    }

    private static void budget(StringBuilder text, String what, DiffusionTraining training) {
        long batches = (long) training.training().steps() * training.training().accumulation();
        long batchesOfStills = training.stills() == null ? 0 : batches / 2; // clips have the first and every second one
        long samples = (batches - batchesOfStills) * training.diffusion().batch();
        samples += training.stills() == null
                ? 0
                : batchesOfStills * training.stills().batch();
        text.append("- ")
                .append(what)
                .append(": ")
                .append(training.training().steps())
                .append(" steps, ");
        text.append(samples)
                .append(" samples from ")
                .append(training.data().clips())
                .append(" clips of ");
        text.append(training.data().window().frames()).append(" frames");
        Stills stills = training.stills();
        if (stills != null) {
            text.append(" and ").append(stills.data().clips()).append(" stills, a batch of each in turn");
        }
        text.append('\n');
    }

    private void rows(StringBuilder text, Table table) {
        text.append(
                "| | FaceSim, one to one | FaceSim, paper's protocol | Fréchet distance of faces | prompt right | ");
        text.append("swapped or blended | paper: FaceSim | CLIPScore | FID |\n");
        text.append("|---|---|---|---|---|---|---|---|---|\n");
        for (Row row : table.rows()) {
            RowResult result = results.get(row);
            if (result == null) {
                continue;
            }
            text.append("| ").append(row.title());
            text.append(" | ").append(shown(result.figure("face_sim")));
            text.append(" | ").append(shown(result.figure("paper_face_sim")));
            text.append(" | ").append(shown(distance(row)));
            text.append(" | ").append(shown(result.figure("attributes_right")));
            text.append(" | ").append(shown(result.figure("swapped_or_blended")));
            text.append(" | ").append(number(row.paperFaceSim()));
            text.append(" | ").append(number(row.paperClipScore()));
            text.append(" | ").append(number(row.paperFid())).append(" |\n");
        }
        int failed = table.rows().stream()
                .map(results::get)
                .mapToInt(result -> result == null ? 0 : result.failed())
                .sum();
        if (failed > 0) {
            text.append("\n").append(failed).append(" videos could not be made or measured and are left out.\n");
        }
    }

    private static String shown(Interval interval) {
        return interval.count() == 0
                ? "–"
                : String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", interval.mean(), interval.low(), interval.high());
    }

    private SetFigure distance(Row row) {
        return Objects.requireNonNull(distances.get(row));
    }

    private static String shown(SetFigure figure) {
        return Double.isNaN(figure.value())
                ? "–"
                : String.format(
                        Locale.ROOT,
                        "%.3f (%.3f to %.3f), %d faces",
                        figure.value(),
                        figure.low(),
                        figure.high(),
                        figure.faces());
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.1f", value);
    }

    private static void claims(StringBuilder text, List<Judged> judged) {
        text.append("| the paper's ordering | by | gain here | | would decide |\n|---|---|---|---|---|\n");
        for (Judged one : judged) {
            text.append("| ").append(one.claim().better().title()).append(" better than ");
            text.append(one.claim().worse().title());
            text.append(" | ").append(one.claim().metric().title());
            text.append(" | ").append(shown(one.gain()));
            text.append(" | ")
                    .append(one.verdict())
                    .append(" | ")
                    .append(one.deciding())
                    .append(" |\n");
        }
    }

    private void durations(StringBuilder text) {
        Map<String, Double> seconds = times.seconds();
        text.append("\n## Time\n\n");
        text.append(String.format(Locale.ROOT, "%.0f minutes in all on ", times.total() / 60));
        text.append(Runtime.getRuntime().availableProcessors())
                .append(" processors.\n\n| part | seconds |\n|---|---|\n");
        seconds.forEach((part, taken) -> text.append(String.format(Locale.ROOT, "| %s | %.0f |%n", part, taken)));
    }

    private ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("config", TrainingConfig.tree(config));
        json.put("seeds", request.seeds()).put("training_seeds", request.trainingSeeds());
        ObjectNode rows = json.putObject("rows");
        results.forEach((row, result) -> {
            ObjectNode one = rows.putObject(row.toString()).put("title", row.title());
            one.put("cases", result.cases()).put("failed", result.failed());
            ObjectNode figuresOf = one.putObject("figures");
            result.figures().forEach((name, interval) -> put(figuresOf.putObject(name), interval));
            SetFigure distance = distance(row);
            if (!Double.isNaN(distance.value())) {
                one.putObject("face_fd")
                        .put("value", distance.value())
                        .put("low", distance.low())
                        .put("high", distance.high())
                        .put("faces", distance.faces())
                        .put("photos", distance.photos());
            }
        });
        PeopleCheck people = PeopleCheck.of(results);
        if (people != null) {
            ObjectNode check = json.putObject("people");
            put(check.putObject("face_sim"), people.faceSim());
            put(check.putObject("lost_by_face_scale_0"), people.lost());
            check.put("about_people", people.holds());
        }
        ArrayNode claims = json.putArray("orderings");
        for (Judged one : judged) {
            ObjectNode claim = claims.addObject();
            claim.put("table", one.table().number());
            claim.put("better", one.claim().better().toString());
            claim.put("worse", one.claim().worse().toString());
            claim.put("by", one.claim().metric().title());
            claim.put("verdict", one.verdict().toString());
            if (!one.deciding().isEmpty()) {
                claim.put("would_decide", one.deciding());
            }
            put(claim.putObject("gain"), one.gain());
        }
        ObjectNode seconds = json.putObject("seconds");
        times.seconds().forEach(seconds::put);
        return json;
    }

    private static void put(ObjectNode json, Interval interval) {
        if (interval.count() > 0) {
            json.put("mean", interval.mean()).put("low", interval.low()).put("high", interval.high());
        }
        json.put("count", interval.count());
    }
}
