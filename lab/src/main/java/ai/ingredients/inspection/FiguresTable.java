package ai.ingredients.inspection;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The figures of an inspection as a table to print. */
public final class FiguresTable {
    private FiguresTable() {}

    /** Lines of equal length, a row for each routed block, the last for all of them; means over the steps. */
    public static String of(View view) {
        Inspection inspection = view.inspection();
        Figures all = inspection.mean();
        boolean truth = !Double.isNaN(all.accuracy());
        List<List<String>> rows = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of(
                "block",
                "tokens of " + String.join(" / ", view.people()),
                "entropy",
                "as a step before",
                "as a block before",
                "residual"));
        if (truth) {
            header.add("right person");
        }
        rows.add(header);
        List<Figures> byBlock = inspection.byBlock();
        for (int i = 0; i < byBlock.size(); i++) {
            rows.add(row(String.valueOf(inspection.blocks().get(i)), byBlock.get(i), truth));
        }
        rows.add(row("all", all, truth));
        return aligned(rows);
    }

    private static List<String> row(String name, Figures figures, boolean truth) {
        List<String> row = new ArrayList<>(List.of(
                name,
                figures.owned().stream().map(View::percent).collect(Collectors.joining(" / ")),
                String.format(Locale.ROOT, "%.3f bits", figures.entropy()),
                View.percent(figures.sameAsStepBefore()),
                View.percent(figures.sameAsBlockBefore()),
                View.amount(figures.residual())));
        if (truth) {
            row.add(View.percent(figures.accuracy()));
        }
        return row;
    }

    private static String aligned(List<List<String>> rows) {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            List<String> cells = new ArrayList<>();
            for (int column = 0; column < row.size(); column++) {
                int at = column;
                int width = rows.stream()
                        .mapToInt(one -> one.get(at).length())
                        .max()
                        .orElse(0);
                cells.add(" ".repeat(width - row.get(column).length()) + row.get(column));
            }
            text.append(String.join("  ", cells)).append('\n');
        }
        return text.toString();
    }
}
