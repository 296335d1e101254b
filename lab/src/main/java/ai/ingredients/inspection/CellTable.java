package ai.ingredients.inspection;

import ai.ingredients.inspection.Drawing.Letters;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures of one size in rows and columns, with names along both sides.
 *
 * @param title above it
 * @param notes lines below the title
 * @param columns names; a line break begins a second line
 * @param rows names
 * @param cells row by row, as many as rows times columns
 * @param legend colours and what they mean, below the cells
 */
public record CellTable(
        String title,
        List<String> notes,
        List<String> columns,
        List<String> rows,
        List<Picture> cells,
        List<Key> legend) {
    /** A colour, 0xRRGGBB, and what it means. */
    public record Key(int rgb, String meaning) {}

    private static final int MARGIN = 12;
    private static final int GAP = 3;
    private static final int SWATCH = 12;

    public CellTable {
        if (cells.size() != rows.size() * columns.size()) {
            throw new IllegalArgumentException(
                    cells.size() + " cells are no " + rows.size() + " rows of " + columns.size());
        }
    }

    /** The sheet. */
    public Picture draw() {
        int cellWidth = cells.getFirst().width();
        int cellHeight = cells.getFirst().height();
        int left = MARGIN + Letters.PLAIN.width(rows) + 2 * GAP;
        int headings = MARGIN + Letters.TITLE.line + notes.size() * Letters.PLAIN.line + GAP;
        List<List<String>> names =
                columns.stream().map(name -> name.lines().toList()).toList();
        int lines = names.stream().mapToInt(List::size).max().orElse(0);
        int top = headings + lines * Letters.PLAIN.line + GAP;
        int bottom = top + rows.size() * (cellHeight + GAP);
        int width = Math.max(left + columns.size() * (cellWidth + GAP), MARGIN + Letters.TITLE.width(title));
        width = Math.max(width, MARGIN + Math.max(Letters.PLAIN.width(notes), legendWidth()));
        int height = bottom + (legend.isEmpty() ? 0 : GAP + Letters.PLAIN.line) + MARGIN;

        Drawing sheet = new Drawing(width + MARGIN, height);
        sheet.text(Letters.TITLE, title, MARGIN, MARGIN);
        for (int i = 0; i < notes.size(); i++) {
            sheet.text(
                    Letters.PLAIN,
                    notes.get(i),
                    MARGIN,
                    MARGIN + Letters.TITLE.line + i * Letters.PLAIN.line,
                    0x606060);
        }
        for (int column = 0; column < names.size(); column++) {
            for (int line = 0; line < names.get(column).size(); line++) {
                String text = names.get(column).get(line);
                int centre = left + column * (cellWidth + GAP) + cellWidth / 2;
                sheet.text(
                        Letters.PLAIN,
                        text,
                        centre - Letters.PLAIN.width(text) / 2,
                        headings + line * Letters.PLAIN.line);
            }
        }
        for (int row = 0; row < rows.size(); row++) {
            int y = top + row * (cellHeight + GAP);
            String name = rows.get(row);
            int start = left - 2 * GAP - Letters.PLAIN.width(name);
            sheet.text(Letters.PLAIN, name, start, y + (cellHeight - Letters.PLAIN.line) / 2);
            for (int column = 0; column < columns.size(); column++) {
                sheet.picture(cells.get(row * columns.size() + column), left + column * (cellWidth + GAP), y);
            }
        }
        drawLegend(sheet, bottom + GAP);
        return sheet.finish();
    }

    private void drawLegend(Drawing sheet, int top) {
        int x = MARGIN;
        for (Key key : legend) {
            sheet.fill(key.rgb, x, top + 2, SWATCH, SWATCH);
            sheet.text(Letters.PLAIN, key.meaning, x + SWATCH + 2 * GAP, top);
            x += keyWidth(key);
        }
    }

    private int legendWidth() {
        return legend.stream().mapToInt(CellTable::keyWidth).sum();
    }

    private static int keyWidth(Key key) {
        return SWATCH + 2 * GAP + Letters.PLAIN.width(key.meaning) + MARGIN;
    }

    /** The people's colours. */
    public static List<Key> people(List<String> names) {
        List<Key> keys = new ArrayList<>();
        for (int n = 0; n < names.size(); n++) {
            keys.add(new Key(PersonColour.of(n), names.get(n)));
        }
        return keys;
    }
}
