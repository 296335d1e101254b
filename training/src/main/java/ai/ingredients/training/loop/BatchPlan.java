package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.ClipSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongToIntFunction;

/**
 * Which samples make up which batch. All samples of a batch have equally many people; within an epoch every sample is
 * used once, except the few per number of people that fill no batch, which are others in every epoch. Samples and the
 * order of the batches are shuffled.
 *
 * <p>A pure function of the batch's number, so that a run goes on at the exact sample. Keeps the number of every sample
 * (8 bytes each). Immutable and thread-safe.
 */
public final class BatchPlan {
    /** Samples with equally many people. */
    private record Bucket(int people, long[] samples, ShuffledIndex order, long firstBatch) {}

    /**
     * One batch.
     *
     * @param number counted over all epochs
     * @param epoch counted from 0
     * @param people of each sample
     * @param samples their numbers in the source
     */
    public record Batch(long number, long epoch, int people, List<Long> samples) {
        public Batch {
            samples = List.copyOf(samples);
        }
    }

    private final int batchSize;
    private final List<Bucket> buckets = new ArrayList<>();
    private final ShuffledIndex order;

    private BatchPlan(long size, LongToIntFunction people, int batchSize, long seed) {
        this.batchSize = batchSize;
        TreeMap<Integer, long[]> samples = new TreeMap<>();
        TreeMap<Integer, Integer> filled = new TreeMap<>();
        for (long sample = 0; sample < size; sample++) {
            int count = people.applyAsInt(sample);
            int at = filled.merge(count, 1, Integer::sum) - 1;
            long[] bucket = samples.computeIfAbsent(count, any -> new long[64]);
            if (at == bucket.length) {
                bucket = Arrays.copyOf(bucket, 2 * at);
                samples.put(count, bucket);
            }
            bucket[at] = sample;
        }
        long batches = 0;
        for (var bucket : samples.entrySet()) {
            int count = bucket.getKey();
            long[] own = Arrays.copyOf(bucket.getValue(), filled.getOrDefault(count, 0));
            if (own.length >= batchSize) {
                ShuffledIndex shuffled = new ShuffledIndex(own.length, ShuffledIndex.hash(seed) + count);
                buckets.add(new Bucket(count, own, shuffled, batches));
                batches += own.length / batchSize;
            }
        }
        if (batches == 0) {
            throw new InvalidInputException("a batch of " + batchSize + " needs as many clips with equally many people;"
                    + " there are " + size + " clips, with " + filled + " by number of people; use a smaller batch");
        }
        order = new ShuffledIndex(batches, ShuffledIndex.hash(~seed));
    }

    /**
     * Batches of the clips of {@code source}.
     *
     * @param batchSize samples in a batch, at least 1
     * @param seed other seeds give other orders
     * @throws InvalidInputException when there are too few clips for a single batch
     */
    public static BatchPlan of(ClipSource source, int batchSize, long seed) {
        return of(source.size(), source::people, batchSize, seed);
    }

    /** Batches of samples 0 … size − 1 that agree in {@code people}, or in whatever else it tells. */
    public static BatchPlan of(long size, LongToIntFunction people, int batchSize, long seed) {
        if (batchSize < 1 || size < 1) {
            throw new InvalidInputException(
                    "batches of " + batchSize + " from " + size + " clips; expected at least 1 of each");
        }
        return new BatchPlan(size, people, batchSize, seed);
    }

    /** Batches of an epoch. */
    public long batchesPerEpoch() {
        return order.size();
    }

    /** Batch {@code number}, 0 and up. */
    public Batch batch(long number) {
        long epoch = number / order.size();
        long slot = order.at(epoch, number % order.size());
        Bucket bucket = buckets.getFirst();
        for (Bucket candidate : buckets) {
            bucket = candidate.firstBatch() <= slot ? candidate : bucket;
        }
        long first = (slot - bucket.firstBatch()) * batchSize;
        List<Long> samples = new ArrayList<>(batchSize);
        for (int i = 0; i < batchSize; i++) {
            samples.add(bucket.samples()[Math.toIntExact(bucket.order().at(epoch, first + i))]);
        }
        return new Batch(number, epoch, bucket.people(), samples);
    }
}
