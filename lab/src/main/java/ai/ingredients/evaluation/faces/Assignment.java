package ai.ingredients.evaluation.faces;

import java.util.Arrays;

/**
 * The best one-to-one assignment of rows to columns, by shortest augmenting paths with dual prices (Jonker and Volgenant,
 * Computing 38, 1987): O(rows² · columns) for at least as many columns as rows.
 */
public final class Assignment {
    /** A row or column without a partner. */
    public static final int NONE = -1;

    private final int rows;
    private final int columns;
    private final double[][] costs;
    // The dual prices keep every reduced cost, cost − rowPrice − columnPrice, at or above 0.
    private final double[] rowPrice;
    private final double[] columnPrice;
    private final int[] rowOf;

    private Assignment(double[][] costs, int columns) {
        this.rows = costs.length;
        this.columns = columns;
        this.costs = costs;
        rowPrice = new double[rows];
        columnPrice = new double[columns];
        rowOf = new int[columns];
        Arrays.fill(rowOf, NONE);
    }

    /**
     * The assignment with the least sum of costs. Each row gets a column, or, when there are fewer columns, each column a
     * row.
     *
     * @param costs finite, rows of one length
     * @return the column of each row, or {@link #NONE}
     */
    public static int[] minimise(double[][] costs) {
        int columns = checked(costs);
        if (columns == 0 || costs.length <= columns) {
            return new Assignment(costs, columns).solve();
        }
        double[][] turned = new double[columns][costs.length];
        for (int row = 0; row < costs.length; row++) {
            for (int column = 0; column < columns; column++) {
                turned[column][row] = costs[row][column];
            }
        }
        int[] rowOf = new Assignment(turned, costs.length).solve();
        int[] columnOf = new int[costs.length];
        Arrays.fill(columnOf, NONE);
        for (int column = 0; column < columns; column++) {
            columnOf[rowOf[column]] = column;
        }
        return columnOf;
    }

    /** As {@link #minimise} with the greatest sum of scores. */
    public static int[] maximise(double[][] scores) {
        double[][] costs = new double[scores.length][];
        for (int row = 0; row < scores.length; row++) {
            costs[row] = Arrays.stream(scores[row]).map(score -> -score).toArray();
        }
        return minimise(costs);
    }

    private static int checked(double[][] costs) {
        int columns = costs.length == 0 ? 0 : costs[0].length;
        for (double[] row : costs) {
            if (row.length != columns || !Arrays.stream(row).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException(
                        "costs are finite numbers in rows of one length, not " + Arrays.deepToString(costs));
            }
        }
        return columns;
    }

    private int[] solve() {
        int[] columnOf = new int[rows];
        Arrays.fill(columnOf, NONE);
        for (int row = 0; row < rows && columns > 0; row++) {
            add(row);
        }
        for (int column = 0; column < columns; column++) {
            if (rowOf[column] != NONE) {
                columnOf[rowOf[column]] = column;
            }
        }
        return columnOf;
    }

    /** Finds the cheapest way to give {@code newRow} a column by moving others on, as Dijkstra does over reduced costs. */
    private void add(int newRow) {
        double[] distance = new double[columns];
        int[] previous = new int[columns]; // the column from which each was reached
        boolean[] settled = new boolean[columns];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        Arrays.fill(previous, NONE);
        int row = newRow;
        int last = NONE;
        double reached = 0;
        do {
            int nearest = NONE;
            for (int column = 0; column < columns; column++) {
                if (settled[column]) {
                    continue;
                }
                double through = reached + costs[row][column] - rowPrice[row] - columnPrice[column];
                if (through < distance[column]) {
                    distance[column] = through;
                    previous[column] = last;
                }
                if (nearest == NONE || distance[column] < distance[nearest]) {
                    nearest = column;
                }
            }
            settled[nearest] = true;
            reached = distance[nearest];
            last = nearest;
            row = rowOf[nearest];
        } while (row != NONE);
        reprice(newRow, last, settled, distance);
        for (int column = last; column != NONE; column = previous[column]) {
            rowOf[column] = previous[column] == NONE ? newRow : rowOf[previous[column]];
        }
    }

    private void reprice(int newRow, int last, boolean[] settled, double[] distance) {
        rowPrice[newRow] += distance[last];
        for (int column = 0; column < columns; column++) {
            if (settled[column] && column != last) {
                double slack = distance[last] - distance[column];
                columnPrice[column] -= slack;
                rowPrice[rowOf[column]] += slack;
            }
        }
    }
}
