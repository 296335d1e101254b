package ai.ingredients.evaluation.report;

import ai.ingredients.evaluation.statistics.Interval;
import ai.ingredients.evaluation.statistics.SetFigure;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An evaluation's figures over all cases, with intervals.
 *
 * @param recipe what was evaluated and how
 * @param results of each case, failed ones included
 * @param figures by name: means over the videos for which they exist
 * @param sets by name: figures of all videos together; {@code face_fd}, the Fréchet distance of the judge's embeddings of
 *     the faces to those of the photos, always, and {@code fid} where Inception judged
 */
public record Summary(
        ObjectNode recipe, List<CaseResult> results, Map<String, Interval> figures, Map<String, SetFigure> sets) {
    public static final long SEED = 95;

    /** For every table with Fréchet distances. */
    static final String COUNTS_MATTER =
            "Fréchet distances fall with the numbers of faces and photos: compare only equal ones.";

    /** What the figures are called in a table; the others are for further study. */
    private static final Map<String, String> TITLES = titles();

    public Summary {
        results = List.copyOf(results);
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        sets = Collections.unmodifiableMap(new LinkedHashMap<>(sets));
    }

    private static Map<String, String> titles() {
        Map<String, String> titles = new LinkedHashMap<>();
        titles.put("face_sim", "FaceSim of each photo to its own face, misses 0");
        titles.put("paper_face_sim", "FaceSim as the paper's script takes it, best pair of a frame");
        titles.put("face_fd", "Fréchet distance of the judge's embeddings, faces against photos");
        titles.put("fid", "FID, faces against photos");
        titles.put("paper_fid", "FID as the paper's script takes it, closest pair of a frame");
        titles.put("clip_score", "CLIPScore, 0 to 100");
        titles.put("paper_clip_score", "CLIPScore as the paper's script takes it, logits of BGR frames");
        titles.put("nearest", "right person nearest of all candidates, of faces");
        titles.put("rank", "mean rank of the right person among them");
        titles.put("candidates", "candidates");
        titles.put("everyone_present", "everyone present, of videos");
        titles.put("present", "present, of people and frames");
        titles.put("swapped_or_blended", "swapped or blended, of people");
        titles.put("swapped", "swapped, of people");
        titles.put("blended", "blended, of people");
        titles.put("clothes_right", "clothes' colour on the right person, of people of whom the prompt tells it");
        titles.put("clothes_swapped", "clothes' colour another person's, of the same people");
        titles.put("place_right", "in the asked place, of people and frames with a place");
        titles.put("swapped_faces", "swapped, of faces");
        titles.put("blended_faces", "blended, of faces");
        titles.put("margin", "blend margin");
        titles.put("order_changes", "order changes between frames");
        titles.put("consistency", "consistency of a person from frame to frame");
        titles.put("extra_faces", "extra faces per frame");
        titles.put("copy_paste", "copy-paste index, 0.5 is none");
        titles.put("out_painting", "correlation of frames with the reference canvas, 1 is the canvas");
        titles.put("attributes_right", "scene and action right, colours of clothes in the picture");
        titles.put("scene_right", "scene right");
        titles.put("action_right", "action right");
        titles.put("light_right", "light right");
        titles.put("count_right", "number of people right");
        titles.put("colours_present", "colours of clothes in the picture, whoever wears them");
        titles.put("kinds_present", "kinds of clothes in the picture, whoever wears them");
        titles.put("seconds", "seconds per video");
        return titles;
    }

    public static Summary of(ObjectNode recipe, List<CaseResult> results, Map<String, SetFigure> sets) {
        List<CaseResult> good = results.stream().filter(CaseResult::ok).toList();
        Set<String> names = new LinkedHashSet<>();
        good.forEach(result -> names.addAll(result.figures().keySet()));
        Map<String, Interval> figures = new LinkedHashMap<>();
        for (String name : names) {
            double[] values = good.stream()
                    .mapToDouble(result -> result.figures().getOrDefault(name, Double.NaN))
                    .toArray();
            figures.put(name, Interval.of(values, SEED));
        }
        return new Summary(recipe, results, figures, sets);
    }

    /** How many cases could not be made or measured. */
    public int failed() {
        return (int) results.stream().filter(result -> !result.ok()).count();
    }

    /** Everything but the single cases. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("recipe", recipe);
        json.put("cases", results.size());
        json.put("failed", failed());
        ObjectNode all = json.putObject("figures");
        figures.forEach((name, interval) -> {
            ObjectNode figure = all.putObject(name);
            if (interval.count() > 0) {
                figure.put("mean", interval.mean());
                figure.put("low", interval.low());
                figure.put("high", interval.high());
            }
            figure.put("videos", interval.count());
        });
        ObjectNode together = json.putObject("sets");
        sets.forEach((name, set) -> {
            ObjectNode figure = together.putObject(name);
            if (!Double.isNaN(set.value())) {
                figure.put("value", set.value()).put("low", set.low()).put("high", set.high());
            }
            figure.put("videos", set.videos()).put("faces", set.faces()).put("photos", set.photos());
            figure.put("features", set.features());
        });
        return json;
    }

    /** A table for people. */
    public String markdown() {
        StringBuilder text = new StringBuilder("# Evaluation\n\n");
        recipe.properties()
                .forEach(entry -> text.append("- ")
                        .append(entry.getKey().replace('_', ' '))
                        .append(": ")
                        .append(entry.getValue().asText())
                        .append('\n'));
        text.append("- cases: ").append(results.size());
        if (failed() > 0) {
            text.append(", of which ").append(failed()).append(" failed and are not in the table");
        }
        text.append("\n\n| | mean | 95 % interval | videos |\n|---|---|---|---|\n");
        for (String name : shown()) {
            Interval interval = figures.getOrDefault(name, Interval.of(new double[0], SEED));
            text.append("| ")
                    .append(TITLES.get(name))
                    .append(" | ")
                    .append(
                            interval.count() == 0
                                    ? "– | –"
                                    : String.format(
                                            Locale.ROOT,
                                            "%.3f | %.3f to %.3f",
                                            interval.mean(),
                                            interval.low(),
                                            interval.high()))
                    .append(" | ")
                    .append(interval.count())
                    .append(" |\n");
        }
        text.append("\n| all videos together | value | 95 % interval | videos | faces | photos |\n"
                + "|---|---|---|---|---|---|\n");
        sets.forEach((name, set) -> text.append("| ")
                .append(TITLES.get(name))
                .append(" | ")
                .append(
                        Double.isNaN(set.value())
                                ? "– | –"
                                : String.format(Locale.ROOT, "%.3f | %.3f to %.3f", set.value(), set.low(), set.high()))
                .append(String.format(Locale.ROOT, " | %d | %d | %d |%n", set.videos(), set.faces(), set.photos())));
        text.append("\nIntervals: bootstrap over videos. What each figure means: docs/evaluation.md. ")
                .append(COUNTS_MATTER)
                .append('\n');
        for (CaseResult result : results) {
            if (!result.ok()) {
                text.append("\nFailed: ")
                        .append(result.name())
                        .append(": ")
                        .append(result.error())
                        .append('\n');
            }
        }
        return text.toString();
    }

    /** What figure {@code name} is called in a table; none for those that are for further study. */
    static @Nullable String title(String name) {
        return TITLES.get(name);
    }

    /** Names of the figures that tables show, in their order. */
    List<String> shown() {
        List<String> shown = new ArrayList<>();
        for (String name : TITLES.keySet()) {
            if (figures.containsKey(name)) {
                shown.add(name);
            }
        }
        return shown;
    }
}
