package ai.ingredients.nn;

import ai.ingredients.weights.BlockFeed;
import ai.ingredients.weights.BlockLayout;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The like-built blocks of a deep model, all loaded or each loaded only for its own turn.
 *
 * <p>Streamed blocks trade time for memory: every use reads the block's weights from the mapped file and brings them to the
 * device and dtype of the model, while the next one is on its way ({@link BlockFeed}), and they are freed when the use ends,
 * pages of the file included. The numbers are the same. Not thread-safe.
 *
 * @param <B> the block
 */
public final class Blocks<B> {
    /** Where the blocks' weights are while no block computes. */
    public enum Residency {
        /** On the compute device, from loading on. */
        RESIDENT,
        /** In the checkpoint's mapped file. Inference only. */
        STREAMED
    }

    private final Function<Weights, B> build;
    /** Empty when streamed. */
    private final List<B> resident = new ArrayList<>();

    /** Of streamed blocks; closed with the weights. */
    private final @Nullable BlockFeed feed;

    private final int count;

    /**
     * Takes the blocks {@code 0 … count − 1} below {@code weights}. Streamed ones are only checked now, so that
     * {@link Weights#verify} reports what is wrong with them too.
     */
    public Blocks(Weights weights, int count, Residency residency, Function<Weights, B> build) {
        this.build = build;
        this.count = count;
        List<BlockLayout> layouts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (residency == Residency.RESIDENT) {
                resident.add(build.apply(weights.at(i)));
            } else {
                try (Weights namesAndShapes = weights.at(i).check()) {
                    Objects.requireNonNull(build.apply(namesAndShapes));
                    layouts.add(namesAndShapes.layout());
                }
            }
        }
        feed = residency == Residency.STREAMED ? weights.feed(layouts) : null;
    }

    /** Number of blocks. */
    public int count() {
        return count;
    }

    /** What {@code use} makes of block {@code index}; it must not keep the block. */
    public <T> T with(int index, Function<B, T> use) {
        if (feed == null) {
            return use.apply(resident.get(index));
        }
        try (Weights visiting = feed.arrive(index)) {
            feed.begin((index + 1) % count); // after the last comes the next step's first
            return use.apply(build.apply(visiting));
        }
    }
}
