package ai.ingredients.training.loop;

/**
 * The numbers 0 … size − 1 in an order of their own for every seed and epoch, without storing it: any place of any epoch
 * is computed directly, so a run goes on at the exact sample however large the data.
 *
 * <p>A Feistel network (Luby and Rackoff 1988, six rounds of a 64-bit hash) permutes the numbers of the next even number
 * of bits; results beyond the size are permuted again until they fall inside (cycle walking), four times at most on
 * average. Thread-safe.
 *
 * @param size how many numbers, at least 1
 * @param seed other seeds give other orders
 */
public record ShuffledIndex(long size, long seed) {
    private static final int ROUNDS = 6;

    public ShuffledIndex {
        if (size < 1) {
            throw new IllegalArgumentException("nothing can be shuffled: size is " + size);
        }
    }

    /** The number at {@code place} of the endless sequence of epochs. */
    public long at(long place) {
        return at(place / size, place % size);
    }

    /**
     * The number at {@code place} of {@code epoch}.
     *
     * @param place 0 … size − 1
     */
    public long at(long epoch, long place) {
        if (place < 0 || place >= size || epoch < 0) {
            throw new IllegalArgumentException("place " + place + " of epoch " + epoch + ", size is " + size);
        }
        int half = Math.max(1, (64 - Long.numberOfLeadingZeros(size - 1) + 1) / 2); // bits
        long key = hash(hash(seed) + epoch);
        long number = place;
        do {
            number = permuted(number, half, key);
        } while (number >= size);
        return number;
    }

    private static long permuted(long number, int half, long key) {
        long mask = (1L << half) - 1;
        long left = number >>> half;
        long right = number & mask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ hash(key + 0x9E3779B97F4A7C15L * (round + 1) ^ right) & mask;
            left = right;
            right = next;
        }
        return left << half | right;
    }

    /** SplitMix64's finaliser: every bit of the result depends on every bit of {@code value}. */
    static long hash(long value) {
        long mixed = value + 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }
}
