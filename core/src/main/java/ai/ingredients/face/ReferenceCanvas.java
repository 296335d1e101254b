package ai.ingredients.face;

import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.List;

/**
 * The picture the VAE sees: the aligned faces of all people side by side on white, 720x480 (paper section 3.2, VAE
 * features, concatenated before the VAE).
 *
 * <p>Two people lie as in the reference, 360x360 pixels each at x = 0 and 360, y = 60, byte for byte. The rule for any
 * number: equal cells in rows and columns, as many of each as make the faces largest (fewest rows when several do), a
 * face in the middle of its cell and never larger than the 360 pixels the published weights know; a last row that is
 * not full is centred. So one person is 360x360 in the middle, three are 240x240 in a row, four are 240x240 in two
 * rows, five are three above two.
 */
public final class ReferenceCanvas {
    /** Pixels across. */
    public static final int WIDTH = 720;
    /** Pixels down. */
    public static final int HEIGHT = 480;

    private static final int LARGEST_FACE = 360;

    private ReferenceCanvas() {}

    /** Where a face lies: its top left corner and its side, in pixels. */
    public record Place(int x, int y, int side) {}

    /**
     * The places of {@code people} faces in order, left to right and top to bottom.
     *
     * @param people at least 1
     */
    public static List<Place> layout(int people) {
        if (people < 1) {
            throw new IllegalArgumentException("a canvas needs at least one person, not " + people);
        }
        int rows = 1;
        int side = side(people, 1);
        for (int candidate = 2; candidate <= people; candidate++) {
            if (side(people, candidate) > side) {
                rows = candidate;
                side = side(people, candidate);
            }
        }
        int columns = Math.ceilDiv(people, rows);
        Place[] places = new Place[people];
        for (int i = 0; i < people; i++) {
            int row = i / columns;
            int inRow = Math.min(columns, people - row * columns);
            int cellWidth = WIDTH / columns;
            int cellHeight = HEIGHT / rows;
            int x = (WIDTH - inRow * cellWidth) / 2 + i % columns * cellWidth + (cellWidth - side) / 2;
            int y = row * cellHeight + (cellHeight - side) / 2;
            places[i] = new Place(x, y, side);
        }
        return List.of(places);
    }

    private static int side(int people, int rows) {
        int columns = Math.ceilDiv(people, rows);
        return Math.min(Math.min(WIDTH / columns, HEIGHT / rows), LARGEST_FACE);
    }

    /**
     * Pastes aligned faces, reduced with Pillow's bicubic filter.
     *
     * @param crops square pictures, one per person
     */
    public static Picture of(List<Picture> crops) {
        Picture canvas = Picture.filled(WIDTH, HEIGHT, 255, 255, 255);
        List<Place> layout = layout(crops.size());
        for (int i = 0; i < layout.size(); i++) {
            Place place = layout.get(i);
            Picture face = Resampling.pil(crops.get(i), place.side(), place.side(), Resampling.PilFilter.BICUBIC);
            for (int row = 0; row < place.side(); row++) {
                int to = ((place.y() + row) * WIDTH + place.x()) * 3;
                System.arraycopy(face.rgb(), row * place.side() * 3, canvas.rgb(), to, place.side() * 3);
            }
        }
        return canvas;
    }
}
