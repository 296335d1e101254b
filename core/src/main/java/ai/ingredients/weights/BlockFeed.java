package ai.ingredients.weights;

/**
 * Brings the weights of like-built blocks to where they compute, one block ahead of its turn.
 *
 * <pre>{@code
 * try (Weights block = feed.arrive(i)) {
 *     feed.begin((i + 1) % count);          // on its way while block i computes
 *     compute(block);
 * }
 * }</pre>
 *
 * <p>On the CPU the pages of the mapped file are read ahead; to a device the values are copied by a
 * {@link ai.ingredients.tensor.CopyLane}. Made and closed by {@link Weights}. Not thread-safe.
 */
public interface BlockFeed extends AutoCloseable {
    /** Begins to bring block {@code index}, and does not wait. Of a block that was begun and not fetched nothing remains. */
    void begin(int index);

    /**
     * The weights of block {@code index}, whether it was begun or not: what is computed from now on may use them. To be
     * closed after the last use was asked for.
     */
    Weights arrive(int index);

    @Override
    void close();
}
