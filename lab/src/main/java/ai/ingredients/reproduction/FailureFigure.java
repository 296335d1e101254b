package ai.ingredients.reproduction;

import ai.ingredients.evaluation.CaseSheet;
import ai.ingredients.evaluation.VideoMaker;
import ai.ingredients.evaluation.report.CaseResult;
import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The paper's Figure 4, what goes wrong: how much faces are copied from their photos and videos painted around the reference
 * canvas, over all cases, and the worst cases of both.
 */
final class FailureFigure {
    private static final int WORST = 2;
    private static final long BOOTSTRAP_SEED = 95;

    /** By the figure's name: what it is called, and when a case is one of that failure. */
    private static final Map<String, Failure> FAILURES = failures();

    private record Failure(String title, double from) {}

    private FailureFigure() {}

    private static Map<String, Failure> failures() {
        Map<String, Failure> failures = new LinkedHashMap<>();
        failures.put("copy_paste", new Failure("copied faces (copy-paste index, 0.5 is none)", 0.75));
        failures.put("out_painting", new Failure("painted around the canvas (correlation with it)", 0.4));
        return failures;
    }

    /** The cases of {@code results} that fail most in {@code figure}, worst first. */
    static List<CaseResult> worst(List<CaseResult> results, String figure) {
        return results.stream()
                .filter(result -> !Double.isNaN(result.figures().getOrDefault(figure, Double.NaN)))
                .sorted(Comparator.comparingDouble(
                                (CaseResult result) -> result.figures().getOrDefault(figure, Double.NaN))
                        .reversed())
                .limit(WORST)
                .toList();
    }

    /** In words, over all of {@code results}. */
    static List<String> lines(List<CaseResult> results) {
        List<String> lines = new ArrayList<>();
        FAILURES.forEach((name, failure) -> {
            double[] values = results.stream()
                    .mapToDouble(result -> result.figures().getOrDefault(name, Double.NaN))
                    .filter(value -> !Double.isNaN(value))
                    .toArray();
            if (values.length == 0) {
                lines.add(failure.title + ": no case has this figure");
                return;
            }
            Interval mean = Interval.of(values, BOOTSTRAP_SEED);
            long bad =
                    Arrays.stream(values).filter(value -> value >= failure.from).count();
            lines.add(String.format(
                    Locale.ROOT,
                    "%s: %.3f (%.3f to %.3f), at least %.2f in %d of %d cases",
                    failure.title,
                    mean.mean(),
                    mean.low(),
                    mean.high(),
                    failure.from,
                    bad,
                    values.length));
        });
        return lines;
    }

    /**
     * Strips of the worst cases, made again as they were.
     *
     * @param results of the row whose videos {@code maker} makes
     */
    static Picture draw(EvaluationSet set, List<CaseResult> results, VideoMaker maker) {
        List<Picture> strips = new ArrayList<>();
        FAILURES.keySet().forEach(name -> {
            for (CaseResult result : worst(results, name)) {
                String found = String.format(
                        Locale.ROOT,
                        "%s %.2f",
                        name.replace('_', ' '),
                        result.figures().getOrDefault(name, Double.NaN));
                var one = set.cases().get(result.index());
                strips.add(CaseSheet.strip(one, maker.make(one), List.of(found)));
            }
        });
        return CaseSheet.of(strips);
    }
}
