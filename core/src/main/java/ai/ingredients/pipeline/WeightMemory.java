package ai.ingredients.pipeline;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.WeightsDtype;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * What the weights of one model take, in bytes, from the headers of its files.
 *
 * @param copied of tensors that are converted, computed or brought to another device, once they are there
 * @param mapped of tensors that stay views into their file, which the system may drop and read again
 * @param block the share of both that one block of a streamed model takes
 * @param outside the share of both that no block takes
 * @param ahead of the block that is read ahead, which is as it is stored where blocks are kept smaller
 */
record WeightMemory(long copied, long mapped, long block, long outside, long ahead) {
    private static final String TRANSFORMER_BLOCKS = "transformer_blocks.";

    /** Bytes of a channel's scale. */
    private static final int SCALE = 4;

    /**
     * @param blocks how the names of the blocks' tensors begin; the model's first block counts for all
     */
    static WeightMemory of(TensorStore store, Compute compute, String blocks) {
        return of(store, compute, blocks, (name, info) -> false);
    }

    /** Of a video transformer, whose blocks are kept as {@code kept} says. */
    static WeightMemory of(TensorStore store, Compute compute, WeightsDtype kept) {
        return of(
                store,
                compute,
                TRANSFORMER_BLOCKS,
                kept == WeightsDtype.SAME ? (name, info) -> false : VideoTransformer::keptOtherwise);
    }

    private static WeightMemory of(
            TensorStore store, Compute compute, String blocks, BiPredicate<String, TensorInfo> quantised) {
        boolean moved = !compute.onCpu();
        Predicate<TensorInfo> copied = info -> moved || (info.dtype().floating() && info.dtype() != compute.dtype());
        long copies = 0;
        long views = 0;
        long first = 0;
        long outside = 0;
        long ahead = 0;
        for (String name : store.names()) {
            TensorInfo info = store.info(name);
            if (info.dtype() == DType.OTHER) {
                continue;
            }
            long bytes = info.elements()
                    * (info.dtype().floating()
                            ? compute.dtype().bytes()
                            : info.dtype().bytes());
            boolean small = quantised.test(name, info);
            if (small) {
                bytes = info.elements() + SCALE * info.shape().getFirst();
            }
            long beside = store.elementsBeside(name) * compute.dtype().bytes();
            boolean copy = small || copied.test(info) || store.computed(name);
            copies += beside + (copy ? bytes : 0);
            views += copy ? 0 : bytes;
            boolean ofFirst = name.startsWith(blocks + "0.");
            first += ofFirst ? beside + bytes : 0;
            ahead += ofFirst ? beside + (small ? info.bytes() : bytes) : 0;
            outside += name.startsWith(blocks) ? 0 : beside + bytes;
        }
        return new WeightMemory(copies, views, first, outside, ahead);
    }

    /** All of it. */
    long all() {
        return copied + mapped;
    }

    /** Resident while blocks come one by one: what is outside them, the one that computes, the one that is read ahead. */
    long streamed() {
        return Math.min(all(), outside + block + ahead);
    }

    /** The two pieces of the host's memory that blocks are copied to a device from. */
    long staged() {
        return 2 * block;
    }

    /** Of {@link #streamed}, what cannot be dropped and read again. */
    long streamedCopies() {
        return copied == 0 ? 0 : Math.min(copied, outside + block);
    }
}
