package ai.ingredients.reproduction;

import ai.ingredients.training.loop.Curves;
import ai.ingredients.training.loop.MetricsLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The paper's Figure 6: routing loss and diffusion loss over the steps of stage 2. What a run never logged is said to be
 * missing instead of drawn; a short run, or one whose clips had no routing label, has no routing loss.
 */
final class LossFigure {
    private static final int NUMBER = 6;
    private static final List<String> METRICS = List.of("routing-loss", "plain-loss", "routing-accuracy");

    private LossFigure() {}

    /**
     * Draws what was logged.
     *
     * @param log of stage 2
     * @param file the figure's, without an ending
     */
    static FigureResult draw(List<MetricsLog.Line> log, Path file) {
        List<Curves.Chart> charts = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        for (String metric : METRICS) {
            Curves.Series series = Curves.Series.of(metric, log, metric);
            if (series.values().length == 0) {
                lines.add(metric + ": never logged; no step that was logged had a clip with a routing label");
            } else {
                charts.add(new Curves.Chart(
                        metric.equals("plain-loss") ? "diffusion loss" : metric.replace('-', ' '), List.of(series)));
                lines.add(String.format(
                        Locale.ROOT,
                        "%s: %.4f over the first tenth of stage 2, %.4f over the last",
                        metric,
                        mean(series.values(), true),
                        mean(series.values(), false)));
            }
        }
        if (charts.isEmpty()) {
            return FigureResult.missing(NUMBER, "stage 2 logged no figures that could be drawn");
        }
        Curves.write(file, charts);
        return new FigureResult(
                NUMBER,
                "Losses of stage 2; in the paper the routing loss falls and the diffusion loss stays flat.",
                lines);
    }

    private static double mean(double[] values, boolean first) {
        int tenth = Math.max(1, values.length / 10);
        double sum = 0;
        for (int i = 0; i < tenth; i++) {
            sum += values[first ? i : values.length - 1 - i];
        }
        return sum / tenth;
    }
}
