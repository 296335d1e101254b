package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

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

    /**
     * The faces of a canvas, as they lie on it.
     *
     * @param canvas as {@link #of} makes it
     * @param people on it
     * @throws InvalidInputException when it has another size
     */
    public static List<Picture> faces(Picture canvas, int people) {
        if (canvas.width() != WIDTH || canvas.height() != HEIGHT) {
            throw new InvalidInputException("the canvas has " + canvas.width() + "x" + canvas.height()
                    + " pixels; its faces are found on one of " + WIDTH + "x" + HEIGHT);
        }
        List<Picture> faces = new ArrayList<>();
        for (Place place : layout(people)) {
            Picture face = Picture.filled(place.side(), place.side(), 0, 0, 0);
            for (int row = 0; row < place.side(); row++) {
                int from = ((place.y() + row) * WIDTH + place.x()) * 3;
                System.arraycopy(canvas.rgb(), from, face.rgb(), row * place.side() * 3, place.side() * 3);
            }
            faces.add(face);
        }
        return List.copyOf(faces);
    }

    /**
     * The paper's ablation "VAE features after": each face is encoded by itself, and its latents are pasted where the canvas
     * has the face; what is beside faces comes from the white canvas.
     *
     * @param faces square pictures, one per person
     * @param width of the video, in pixels
     * @param height of the video, in pixels
     * @param cell pixels of a latent along a side
     * @param encode a picture to its latents [C, h, w], owned by the innermost scope
     * @return [C, height / cell, width / cell], owned by the innermost scope
     */
    public static Tensor eachByItself(
            List<Picture> faces, int width, int height, int cell, Function<Picture, Tensor> encode) {
        int columns = width / cell;
        int rows = height / cell;
        Tensor canvas =
                encode.apply(Picture.filled(width, height, 255, 255, 255)).clone(); // [C, h, w]
        List<Place> places = layout(faces.size());
        for (int n = 0; n < faces.size(); n++) {
            Place place = places.get(n);
            int side = Math.max(cell, place.side() * height / HEIGHT / cell * cell);
            Tensor face = encode.apply(
                    Resampling.pil(faces.get(n), side, side, Resampling.PilFilter.BICUBIC)); // [C, cells, cells]
            int cells = side / cell;
            int x = Math.clamp(Math.round((float) place.x() * columns / WIDTH), 0, columns - cells);
            int y = Math.clamp(Math.round((float) place.y() * rows / HEIGHT), 0, rows - cells);
            canvas.narrow(1, y, cells).narrow(2, x, cells).copy_(face);
        }
        return canvas;
    }
}
