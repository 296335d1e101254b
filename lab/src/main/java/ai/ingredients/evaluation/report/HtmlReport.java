package ai.ingredients.evaluation.report;

import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SetFigure;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** An evaluation as one page: what was evaluated, figures with intervals, then every case with its picture. */
public final class HtmlReport {
    private static final String STYLE = """
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
        table { border-collapse: collapse; } td, th { padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: left; }
        td.number { text-align: right; font-variant-numeric: tabular-nums; }
        img { max-width: 100%; display: block; margin: .3em 0; } .failed { color: #b00020; }
        """;

    private HtmlReport() {}

    /** @param picture path of a case's picture, relative to the page */
    public static String of(Summary summary, IntFunction<@Nullable String> picture) {
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                + "<title>Evaluation</title>\n<style>\n" + STYLE
                + "</style></head><body>\n<h1>Evaluation</h1>\n<ul>\n");
        summary.recipe()
                .properties()
                .forEach(entry -> page.append("<li>")
                        .append(escaped(entry.getKey().replace('_', ' ')))
                        .append(": ")
                        .append(escaped(entry.getValue().asText()))
                        .append("</li>\n"));
        page.append("<li>cases: ")
                .append(summary.results().size())
                .append(", failed: ")
                .append(summary.failed());
        page.append("</li>\n</ul>\n<table>\n<tr><th></th><th>mean</th><th>95 % interval</th><th>videos</th></tr>\n");
        for (String name : summary.shown()) {
            row(page, String.valueOf(Summary.title(name)), summary.figures().get(name));
        }
        page.append("</table>\n<table>\n<tr><th>all videos together</th><th>value</th><th>95 % interval</th>"
                + "<th>videos</th><th>faces</th><th>photos</th></tr>\n");
        summary.sets().forEach((name, set) -> row(page, String.valueOf(Summary.title(name)), set));
        page.append("</table>\n<p>Intervals: bootstrap over videos. ").append(Summary.COUNTS_MATTER);
        page.append("</p>\n<h2>Cases</h2>\n");
        for (CaseResult result : summary.results()) {
            page.append("<h3>").append(escaped(result.name())).append("</h3>\n");
            if (!result.ok()) {
                page.append("<p class=\"failed\">")
                        .append(escaped(result.error()))
                        .append("</p>\n");
                continue;
            }
            page.append("<p>").append(escaped(result.caption())).append("<br>");
            page.append(String.format(
                    Locale.ROOT,
                    "FaceSim %.3f, present %.0f %%",
                    result.figures().getOrDefault("face_sim", Double.NaN),
                    100 * result.figures().getOrDefault("present", Double.NaN)));
            page.append("</p>\n");
            String file = picture.apply(result.index());
            if (file != null) {
                page.append("<img loading=\"lazy\" alt=\"photos and frames\" src=\"")
                        .append(escaped(file))
                        .append("\">\n");
            }
        }
        return page.append("</body></html>\n").toString();
    }

    private static void row(StringBuilder page, String title, @Nullable Interval interval) {
        page.append("<tr><td>").append(escaped(title)).append("</td>");
        if (interval == null || interval.count() == 0) {
            page.append("<td></td><td></td><td class=\"number\">0</td></tr>\n");
            return;
        }
        page.append(String.format(
                Locale.ROOT,
                "<td class=\"number\">%.3f</td><td class=\"number\">%.3f to %.3f</td><td"
                        + " class=\"number\">%d</td></tr>%n",
                interval.mean(),
                interval.low(),
                interval.high(),
                interval.count()));
    }

    private static void row(StringBuilder page, String title, SetFigure set) {
        page.append("<tr><td>").append(escaped(title)).append("</td>");
        page.append(
                Double.isNaN(set.value())
                        ? "<td></td><td></td>"
                        : String.format(
                                Locale.ROOT,
                                "<td class=\"number\">%.3f</td><td class=\"number\">%.3f to %.3f</td>",
                                set.value(),
                                set.low(),
                                set.high()));
        page.append(String.format(
                Locale.ROOT,
                "<td class=\"number\">%d</td><td class=\"number\">%d</td><td class=\"number\">%d</td></tr>%n",
                set.videos(),
                set.faces(),
                set.photos()));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
