package ai.ingredients.reproduction;

import ai.ingredients.evaluation.drawn.CaseFile.DrawnCase;
import ai.ingredients.evaluation.drawn.CaseFile.DrawnPerson;
import ai.ingredients.inspection.Drawing;
import ai.ingredients.inspection.Drawing.Letters;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** The paper's Figure 8, make-up of the evaluation set: how often each person, scene, action and piece of clothes comes. */
final class CasesFigure {
    private static final int COLUMNS = 3;
    private static final int PANEL_WIDTH = 320;
    private static final int LINE = 18;
    private static final int LABEL = 130;
    private static final int MARGIN = 16;
    private static final int BAR = 0x4c78a8;

    private CasesFigure() {}

    /** How often each value comes, by what is counted, in order of the values' first appearance. */
    static Map<String, Map<String, Integer>> count(List<DrawnCase> cases) {
        Map<String, Map<String, Integer>> counts = new LinkedHashMap<>();
        counts.put("people", people(cases, person -> trait(person, "presentation")));
        counts.put("age", people(cases, person -> trait(person, "age")));
        counts.put("skin", people(cases, person -> trait(person, "skin")));
        counts.put("glasses", people(cases, person -> trait(person, "glasses")));
        counts.put("facial hair", people(cases, person -> trait(person, "facialHair")));
        counts.put("hair", people(cases, person -> trait(person, "hairColour")));
        counts.put("clothes", people(cases, DrawnPerson::clothes));
        counts.put("colours", people(cases, DrawnPerson::colour));
        counts.put("scenes", tally(cases.stream().map(DrawnCase::scene)));
        counts.put("actions", tally(cases.stream().map(DrawnCase::action)));
        counts.put("light", tally(cases.stream().map(DrawnCase::light)));
        counts.put("camera", tally(cases.stream().map(DrawnCase::camera)));
        return counts;
    }

    private static String trait(DrawnPerson person, String name) {
        return person.traits().getOrDefault(name, "unknown");
    }

    private static Map<String, Integer> people(List<DrawnCase> cases, Function<DrawnPerson, String> value) {
        return tally(cases.stream().flatMap(one -> one.people().stream()).map(value));
    }

    private static Map<String, Integer> tally(Stream<String> values) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        values.forEach(value -> counts.merge(value, 1, Integer::sum));
        return counts;
    }

    /**
     * Draws a panel of bars for everything that is counted.
     *
     * @throws ai.ingredients.OperationFailedException when this machine has no fonts
     */
    static Picture draw(List<DrawnCase> cases) {
        Drawing.checkFonts();
        Map<String, Map<String, Integer>> counts = count(cases);
        int[] heights = new int[COLUMNS];
        List<int[]> places = new ArrayList<>();
        for (Map<String, Integer> panel : counts.values()) {
            int column = shortest(heights);
            places.add(new int[] {MARGIN + column * PANEL_WIDTH, MARGIN + heights[column]});
            heights[column] += (panel.size() + 2) * LINE;
        }
        int height = 2 * MARGIN + Math.max(heights[0], Math.max(heights[1], heights[2]));
        Drawing sheet = new Drawing(2 * MARGIN + COLUMNS * PANEL_WIDTH, height);
        int at = 0;
        for (Map.Entry<String, Map<String, Integer>> panel : counts.entrySet()) {
            draw(sheet, panel.getKey(), panel.getValue(), places.get(at)[0], places.get(at)[1]);
            at++;
        }
        return sheet.finish();
    }

    private static int shortest(int[] heights) {
        int shortest = 0;
        for (int i = 1; i < heights.length; i++) {
            shortest = heights[i] < heights[shortest] ? i : shortest;
        }
        return shortest;
    }

    private static void draw(Drawing sheet, String title, Map<String, Integer> counts, int left, int top) {
        int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(1);
        int y = top;
        sheet.text(Letters.TITLE, title, left, y);
        List<Map.Entry<String, Integer>> sorted = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .toList();
        for (Map.Entry<String, Integer> entry : sorted) {
            y += LINE;
            int width = Math.max(1, (PANEL_WIDTH - LABEL - 60) * entry.getValue() / most);
            sheet.fill(BAR, left + LABEL, y + 3, width, LINE - 6);
            sheet.text(Letters.PLAIN, entry.getKey(), left, y + 2);
            sheet.text(Letters.PLAIN, String.valueOf(entry.getValue()), left + LABEL + width + 6, y + 2);
        }
    }
}
