package ai.ingredients.sam;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The mask of each person from the logits SAM answered the box of the person's face with: what the router is taught with.
 *
 * <p>Source: the Ingredients paper (arXiv 2501.01790), router labels and Figure 7: low-resolution logits above −2. The
 * code that made its labels is not published, so how cells become pixels is ours to say: see {@link Order}.
 *
 * @param threshold a logit that a person's exceed; a lower one takes in more around the face
 * @param order whether cells or pixels are compared with it
 */
public record SamLabels(double threshold, Order order) {
    /** The threshold the paper settles on. */
    public static final double PAPER_THRESHOLD = -2;
    /** The thresholds the paper's Figure 7 compares. */
    public static final List<Double> FIGURE_7 = List.of(-10.0, -5.0, PAPER_THRESHOLD, 0.0);

    /** What the threshold is compared with. */
    public enum Order {
        /** The low-resolution cells, to the paper's letter; a pixel is what the cell under its centre is. */
        CELLS,
        /** The logits at the picture's size, as SAM itself compares with its 0; smoother edges. */
        PIXELS
    }

    /** @throws InvalidInputException when the threshold is no number */
    public SamLabels {
        if (!Double.isFinite(threshold)) {
            throw new InvalidInputException(
                    "the threshold of SAM's logits is " + threshold + "; expected a number, such as " + FIGURE_7);
        }
    }

    /** As the paper settles on: cells above {@value #PAPER_THRESHOLD}. */
    public static SamLabels paper() {
        return new SamLabels(PAPER_THRESHOLD, Order.CELLS);
    }

    /**
     * The mask of every prompt at the picture's size; of several masks of a prompt, the one SAM scores best.
     *
     * @return by prompt; bit {@code y · width + x} is set where pixel (x, y) belongs to the person
     */
    public List<BitSet> masks(SamPrediction prediction) {
        try (Scope scope = Scope.inference()) {
            Tensor logits = order == Order.CELLS ? prediction.logits() : prediction.pictureLogits();
            float[] scores = Ops.floats(prediction.iouScores());
            int prompts = Math.toIntExact(logits.size(0));
            List<BitSet> masks = new ArrayList<>();
            for (int i = 0; i < prompts; i++) {
                int best = best(scores, i, scores.length / prompts);
                float[] values = Ops.floats(logits.select(0, i).select(0, best));
                masks.add(order == Order.CELLS ? pixels(values, prediction) : above(values));
            }
            return masks;
        }
    }

    private static int best(float[] scores, int prompt, int answers) {
        int best = 0;
        for (int i = 1; i < answers; i++) {
            if (scores[prompt * answers + i] > scores[prompt * answers + best]) {
                best = i;
            }
        }
        return best;
    }

    private BitSet above(float[] values) {
        BitSet bits = new BitSet(values.length);
        for (int i = 0; i < values.length; i++) {
            bits.set(i, values[i] > threshold);
        }
        return bits;
    }

    private BitSet pixels(float[] cells, SamPrediction prediction) {
        LongestSide frame = prediction.frame();
        int side = Math.toIntExact(prediction.logits().size(3));
        BitSet inside = above(cells);
        BitSet bits = new BitSet(frame.width() * frame.height());
        for (int y = 0; y < frame.height(); y++) {
            int row = cell(y, frame.height(), frame.scaledHeight(), frame.side(), side);
            for (int x = 0; x < frame.width(); x++) {
                int column = cell(x, frame.width(), frame.scaledWidth(), frame.side(), side);
                bits.set(y * frame.width() + x, inside.get(row * side + column));
            }
        }
        return bits;
    }

    /** The cell under the centre of pixel {@code at} of {@code length} that fill {@code scaled} of the input's side. */
    private static int cell(int at, int length, int scaled, int input, int cells) {
        int pixel = (int) ((2L * at + 1) * scaled / (2L * length));
        return (int) ((long) pixel * cells / input);
    }
}
