package ai.ingredients.tensor;

import org.bytedeco.pytorch.Tensor;

/**
 * A queue of a device that copies from the host's memory while the device's other queue computes. The two order each other
 * by marks; the program waits for neither of them, except in {@link #join}.
 *
 * <pre>{@code
 * Mark free = lane.computed();                       // what has used this memory until now
 * Mark there = lane.copy(staged, onDevice, free);    // begins when that is done
 * // ... what is computed here runs meanwhile ...
 * lane.await(there);                                 // what is computed from here on sees the copy
 * }</pre>
 *
 * <p>{@link #computed} and {@link #await} belong to the thread that computes, the others may be called by any one other
 * thread. Closing waits for what is queued.
 */
public interface CopyLane extends AutoCloseable {
    /** A point in one of the queues; each is spent once, as its methods say. */
    interface Mark {}

    /** Where values are put before they are copied: uint8 [bytes] of the host's memory, owned by the innermost scope. */
    Tensor staging(long bytes);

    /** The point that the computing queue has been filled to. Spent by {@link #copy}. */
    Mark computed();

    /**
     * Queues a copy and does not wait for it.
     *
     * @param from contiguous, on the host, unchanged until the result is joined
     * @param to as many bytes, contiguous, on the device; alive until what was queued behind {@link #await} is
     * @param after the copy begins when this was reached
     * @return reached when the copy was made; to be awaited, and spent by {@link #join}
     */
    Mark copy(Tensor from, Tensor to, Mark after);

    /** What is computed from now on waits for {@code copied}. */
    void await(Mark copied);

    /** Returns when {@code copied} was reached: the memory it was copied from can be filled anew. */
    void join(Mark copied);

    /** The lane of a CUDA device of libtorch's. */
    static CopyLane cuda(int device) {
        return CudaLane.open(device);
    }

    @Override
    void close();
}
