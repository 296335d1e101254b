package ai.ingredients.pipeline;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.weights.TensorInfo;
import ai.ingredients.weights.TensorStore;
import java.util.function.Predicate;

/**
 * What the weights of one model take, in bytes, from the headers of its files.
 *
 * @param copied of tensors that are converted or brought to another device, once they are there
 * @param mapped of tensors that stay views into their file, which the system may drop and read again
 * @param block the share of both that one block of a streamed model takes
 * @param outside the share of both that no block takes
 */
record WeightMemory(long copied, long mapped, long block, long outside) {
    /**
     * @param blocks how the names of the blocks' tensors begin; the model's first block counts for all
     */
    static WeightMemory of(TensorStore store, Compute compute, String blocks) {
        boolean moved = !compute.onCpu();
        Predicate<TensorInfo> copied = info -> moved || (info.dtype().floating() && info.dtype() != compute.dtype());
        long copies = 0;
        long views = 0;
        long first = 0;
        long outside = 0;
        for (String name : store.names()) {
            TensorInfo info = store.info(name);
            if (info.dtype() == DType.OTHER) {
                continue;
            }
            long bytes = info.elements()
                    * (info.dtype().floating()
                            ? compute.dtype().bytes()
                            : info.dtype().bytes());
            if (copied.test(info)) {
                copies += bytes;
            } else {
                views += bytes;
            }
            first += name.startsWith(blocks + "0.") ? bytes : 0;
            outside += name.startsWith(blocks) ? 0 : bytes;
        }
        return new WeightMemory(copies, views, first, outside);
    }

    /** All of it. */
    long all() {
        return copied + mapped;
    }

    /** Resident while blocks come one by one: what is outside them, the one that computes, the one that is read ahead. */
    long streamed() {
        return Math.min(all(), outside + 2 * block);
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
