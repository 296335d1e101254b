package ai.ingredients.data;

import java.util.BitSet;

/**
 * Pixels that belong to something, by rows from the top left.
 *
 * @param width pixels across
 * @param height pixels down
 * @param bits bit {@code y · width + x} is set where the thing is seen; not to be changed by who holds a mask
 */
public record Mask(int width, int height, BitSet bits) {
    /** Whether pixel (x, y) belongs to it. */
    public boolean get(int x, int y) {
        return bits.get(y * width + x);
    }

    /** How many pixels belong to it. */
    public int area() {
        return bits.cardinality();
    }

    /**
     * The share of each cell of a grid that the mask covers, in [0, 1], row by row.
     *
     * @param rows cells down; a divisor of the height
     * @param columns cells across; a divisor of the width
     */
    public float[] coverage(int rows, int columns) {
        if (height % rows != 0 || width % columns != 0) {
            throw new IllegalArgumentException(
                    "a mask of " + width + "x" + height + " has no grid of " + columns + "x" + rows + " equal cells");
        }
        int cellHeight = height / rows;
        int cellWidth = width / columns;
        float[] covered = new float[rows * columns];
        for (int at = bits.nextSetBit(0); at >= 0; at = bits.nextSetBit(at + 1)) {
            covered[at / width / cellHeight * columns + at % width / cellWidth]++;
        }
        for (int i = 0; i < covered.length; i++) {
            covered[i] /= cellHeight * cellWidth;
        }
        return covered;
    }
}
