package ai.ingredients.sam;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.List;

/**
 * How a picture lies in the square input: scaled until its longer side fills it, at the top left.
 *
 * <p>Source: the official {@code utils/transforms.py}, {@code ResizeLongestSide}.
 *
 * @param width of the picture, pixels
 * @param height of the picture, pixels
 * @param side of the input, pixels
 */
public record LongestSide(int width, int height, int side) {
    /** @throws InvalidInputException when the picture is so thin that nothing of it remains */
    public LongestSide {
        if (width < 1 || height < 1 || side < 1 || scaled(Math.min(width, height), width, height, side) < 1) {
            throw new InvalidInputException("a picture of " + width + "x" + height
                    + " pixels is too thin to segment at " + side + "; crop it first");
        }
    }

    /** Pixels of the input that the picture fills from the left. */
    public int scaledWidth() {
        return scaled(width, width, height, side);
    }

    /** Pixels of the input that the picture fills from the top. */
    public int scaledHeight() {
        return scaled(height, width, height, side);
    }

    private static int scaled(int length, int width, int height, int side) {
        double scale = (double) side / Math.max(width, height);
        return (int) (length * scale + 0.5);
    }

    /** The picture at its size in the input, as Pillow makes it. */
    Picture resize(Picture picture) {
        return Resampling.pil(picture, scaledWidth(), scaledHeight(), Resampling.PilFilter.BILINEAR);
    }

    /** An x of the picture in pixels of the input. */
    public float x(double x) {
        return (float) (x * ((double) scaledWidth() / width));
    }

    /** A y of the picture in pixels of the input. */
    public float y(double y) {
        return (float) (y * ((double) scaledHeight() / height));
    }

    /** Left, top, right and bottom of each box in pixels of the input. */
    public float[] boxes(List<PromptBox> boxes) {
        float[] edges = new float[4 * boxes.size()];
        for (int i = 0; i < boxes.size(); i++) {
            PromptBox box = boxes.get(i);
            edges[4 * i] = x(box.left());
            edges[4 * i + 1] = y(box.top());
            edges[4 * i + 2] = x(box.right());
            edges[4 * i + 3] = y(box.bottom());
        }
        return edges;
    }
}
