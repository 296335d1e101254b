package ai.ingredients.evaluation.faces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The optimum is compared with trying every assignment, and with cases whose answer is known. */
class AssignmentTest {
    @Test
    void costsAsLittleAsTheBestOfAllAssignments() {
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 2000; trial++) {
            double[][] costs = new double[1 + random.nextInt(5)][1 + random.nextInt(5)];
            boolean ties = trial % 3 == 0;
            for (double[] row : costs) {
                Arrays.setAll(row, column -> ties ? random.nextInt(3) : random.nextDouble(-1, 1));
            }

            int[] columnOf = Assignment.minimise(costs);

            assertThat(Arrays.stream(columnOf)
                            .filter(column -> column != Assignment.NONE)
                            .distinct())
                    .hasSize(Math.min(costs.length, costs[0].length));
            assertThat(sum(costs, columnOf)).isCloseTo(leastSum(costs), within(1e-9));
        }
    }

    @Test
    void knowsTextbookCases() {
        // Every row wants the first column most; greed from the top costs 1 + 4 + 9 = 14.
        assertThat(Assignment.minimise(new double[][] {{1, 2, 3}, {2, 4, 6}, {3, 6, 9}}))
                .containsExactly(2, 1, 0);
        assertThat(Assignment.maximise(new double[][] {{0.9, 0.8}, {0.8, 0.1}})).containsExactly(1, 0);
    }

    @Test
    void largeCasesMeetTheirKnownOptimum() {
        int size = 120;
        SplittableRandom random = new SplittableRandom(2);
        int[] hidden = new int[size];
        Arrays.setAll(hidden, i -> (i * 47 + 13) % size); // a permutation, since 47 and 120 share no factor
        double[][] costs = new double[size][size];
        for (int row = 0; row < size; row++) {
            for (int column = 0; column < size; column++) {
                costs[row][column] = column == hidden[row] ? -1 : random.nextDouble();
            }
        }

        assertThat(Assignment.minimise(costs)).isEqualTo(hidden);
    }

    @Test
    void whoFindsNoPartnerIsTold() {
        assertThat(Assignment.maximise(new double[][] {{0.2}, {0.9}, {0.5}}))
                .containsExactly(Assignment.NONE, 0, Assignment.NONE);
        assertThat(Assignment.maximise(new double[][] {{0.2, 0.9, 0.5}})).containsExactly(1);
        assertThat(Assignment.maximise(new double[2][0])).containsExactly(Assignment.NONE, Assignment.NONE);
        assertThat(Assignment.maximise(new double[0][])).isEmpty();
    }

    @Test
    void refusesWhatHasNoOptimum() {
        assertThatIllegalArgumentException().isThrownBy(() -> Assignment.minimise(new double[][] {{Double.NaN}}));
        assertThatIllegalArgumentException().isThrownBy(() -> Assignment.minimise(new double[][] {{1, 2}, {3}}));
    }

    private static double sum(double[][] costs, int[] columnOf) {
        double sum = 0;
        for (int row = 0; row < costs.length; row++) {
            sum += columnOf[row] == Assignment.NONE ? 0 : costs[row][columnOf[row]];
        }
        return sum;
    }

    /** Over all ways to give as many rows as possible a column of their own. */
    private static double leastSum(double[][] costs) {
        return leastSum(costs, 0, new boolean[costs[0].length], Math.max(0, costs.length - costs[0].length));
    }

    private static double leastSum(double[][] costs, int row, boolean[] taken, int mayStayAlone) {
        if (row == costs.length) {
            return 0;
        }
        double least = mayStayAlone > 0 ? leastSum(costs, row + 1, taken, mayStayAlone - 1) : Double.POSITIVE_INFINITY;
        for (int column = 0; column < taken.length; column++) {
            if (!taken[column]) {
                taken[column] = true;
                least = Math.min(least, costs[row][column] + leastSum(costs, row + 1, taken, mayStayAlone));
                taken[column] = false;
            }
        }
        return least;
    }
}
