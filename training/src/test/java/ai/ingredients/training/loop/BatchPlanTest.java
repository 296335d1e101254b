package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.ingredients.InvalidInputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of samples: shuffled, complete, and the same whenever it is asked for. */
class BatchPlanTest {
    private static long[] epoch(ShuffledIndex index, long epoch) {
        return LongStream.range(0, index.size())
                .map(place -> index.at(epoch, place))
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 16, 17, 100, 1000, 4096, 4097})
    void everyNumberComesOnceAnEpoch(long size) {
        ShuffledIndex index = new ShuffledIndex(size, 7);
        for (long epoch = 0; epoch < 3; epoch++) {
            long[] sorted = LongStream.of(epoch(index, epoch)).sorted().toArray();
            assertThat(sorted).isEqualTo(LongStream.range(0, size).toArray());
        }
    }

    @Test
    void epochsAndSeedsHaveOrdersOfTheirOwn() {
        ShuffledIndex index = new ShuffledIndex(1000, 7);
        assertThat(epoch(index, 0)).isEqualTo(epoch(new ShuffledIndex(1000, 7), 0));
        assertThat(epoch(index, 0)).isNotEqualTo(epoch(index, 1));
        assertThat(epoch(index, 0)).isNotEqualTo(epoch(new ShuffledIndex(1000, 8), 0));
        assertEquals(index.at(2, 345), index.at(2345));
    }

    @Test
    void anOrderLooksRandom() {
        // Over many epochs every place gets every number equally often: chi-squared with 81 degrees of freedom.
        int size = 10;
        int epochs = 10_000;
        ShuffledIndex index = new ShuffledIndex(size, 3);
        double[][] seen = new double[size][size];
        int rising = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (int place = 0; place < size; place++) {
                seen[place][(int) index.at(epoch, place)]++;
            }
            rising += index.at(epoch, 3) < index.at(epoch, 4) ? 1 : 0;
        }
        double expected = (double) epochs / size;
        double chiSquared = 0;
        for (double[] place : seen) {
            for (double count : place) {
                chiSquared += (count - expected) * (count - expected) / expected;
            }
        }
        assertThat(chiSquared).isBetween(40.0, 140.0); // beyond either end once in 30,000 times
        assertThat(rising).isBetween(4750, 5250);
    }

    @Test
    void hugeRangesAreFine() {
        ShuffledIndex index = new ShuffledIndex(3_000_000_000_000L, 1);
        Set<Long> seen = new HashSet<>();
        for (long place = 0; place < 1000; place++) {
            seen.add(index.at(0, place));
        }
        assertThat(seen).hasSize(1000).allMatch(number -> number >= 0 && number < index.size());
        assertThat(seen.stream().filter(number -> number < index.size() / 2).count())
                .isBetween(400L, 600L);
    }

    private static int people(long sample) {
        return sample % 10 == 0 ? 3 : sample % 3 == 0 ? 1 : 2;
    }

    @Test
    void aBatchHasEquallyManyPeopleAndAnEpochUsesEverySampleOnce() {
        BatchPlan plan = BatchPlan.of(1003, BatchPlanTest::people, 8, 5);
        Set<Long> firstEpoch = new HashSet<>();
        List<Integer> order = new ArrayList<>();
        for (long number = 0; number < plan.batchesPerEpoch(); number++) {
            BatchPlan.Batch batch = plan.batch(number);
            assertEquals(0, batch.epoch());
            assertEquals(number, batch.number());
            assertThat(batch.samples()).hasSize(8).allMatch(sample -> people(sample) == batch.people());
            firstEpoch.addAll(batch.samples());
            order.add(batch.people());
        }
        assertThat(firstEpoch).hasSize((int) (8 * plan.batchesPerEpoch()));
        assertThat(1003 - firstEpoch.size())
                .as("at most 7 left over for each of three numbers")
                .isLessThan(22);
        assertThat(order)
                .as("numbers of people come mixed")
                .isNotEqualTo(order.stream().sorted().toList());

        Set<Long> secondEpoch = new HashSet<>();
        for (long number = plan.batchesPerEpoch(); number < 2 * plan.batchesPerEpoch(); number++) {
            assertEquals(1, plan.batch(number).epoch());
            secondEpoch.addAll(plan.batch(number).samples());
        }
        assertNotEquals(
                plan.batch(0).samples(), plan.batch(plan.batchesPerEpoch()).samples());
        firstEpoch.addAll(secondEpoch);
        assertThat(firstEpoch).as("others are left over").hasSizeGreaterThan(secondEpoch.size());
    }

    @Test
    void aBatchDependsOnItsNumberOnly() {
        BatchPlan plan = BatchPlan.of(500, BatchPlanTest::people, 4, 5);
        BatchPlan.Batch late = plan.batch(777);
        assertEquals(late, BatchPlan.of(500, BatchPlanTest::people, 4, 5).batch(777));
        assertNotEquals(
                late.samples(),
                BatchPlan.of(500, BatchPlanTest::people, 4, 6).batch(777).samples());
    }

    @Test
    void tooFewClipsForABatchAreTold() {
        assertThatThrownBy(() -> BatchPlan.of(9, sample -> sample < 4 ? 1 : 2, 6, 0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("a batch of 6 needs")
                .hasMessageContaining("{1=4, 2=5}");
        assertThatThrownBy(() -> BatchPlan.of(0, sample -> 1, 1, 0)).isInstanceOf(InvalidInputException.class);
    }
}
