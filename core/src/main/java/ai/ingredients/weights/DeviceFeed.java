package ai.ingredients.weights;

import ai.ingredients.tensor.CopyLane;
import ai.ingredients.tensor.CopyLane.Mark;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that compute on a device. A thread of its own reads a block from the file, converted, into one of two pieces of
 * staging memory, and queues its copy; the device holds the block that computes and the one that comes. Values have the bits
 * that {@link Weights#tensor} would give.
 */
final class DeviceFeed implements BlockFeed {
    private static final int STAGES = 2;

    private final Weights weights;
    private final TensorStore store;
    private final List<BlockLayout> blocks;
    private final CopyLane lane;
    private final ExecutorService filler = Executors.newSingleThreadExecutor(
            task -> Thread.ofPlatform().daemon().name("block-copies").unstarted(task));
    /** The rest is the filler's alone. */
    private final @Nullable Tensor[] staging = new @Nullable Tensor[STAGES];

    private final @Nullable Mark[] copied = new @Nullable Mark[STAGES];
    private int stage;
    private @Nullable Coming coming;

    /** A block on its way into {@code piece} of the device's memory. */
    private record Coming(int index, Tensor piece, Future<Mark> copied) {}

    /** @param lane is closed with this */
    DeviceFeed(Weights weights, TensorStore store, List<BlockLayout> blocks, CopyLane lane) {
        this.weights = weights;
        this.store = store;
        this.blocks = List.copyOf(blocks);
        this.lane = lane;
    }

    @Override
    public void begin(int index) {
        forget();
        Tensor piece;
        try (Scope scope = Scope.inference()) {
            TensorOptions there = new TensorOptions(ScalarType.Byte)
                    .device(new DeviceOptional(weights.compute().nativeDevice()));
            long[] size = {blocks.get(index).bytes()};
            piece = Scope.retain(torch.empty(size, there, new MemoryFormatOptional()));
        }
        Mark free = lane.computed(); // the allocator may hand out what a block computes from that is still queued
        coming = new Coming(index, piece, filler.submit(() -> fill(blocks.get(index), piece, free)));
    }

    private Mark fill(BlockLayout block, Tensor piece, Mark free) {
        int turn = stage;
        stage = (stage + 1) % STAGES;
        try (Scope scope = Scope.inference()) {
            Mark before = copied[turn];
            if (before != null) {
                copied[turn] = null;
                lane.join(before);
            }
            Tensor staged = staging(turn).narrow(0, 0, block.bytes());
            block.places().forEach((path, place) -> {
                place.in(staged).copy_(store.get(path));
                store.giveBack(path);
            });
            Mark there = lane.copy(staged, piece, free);
            copied[turn] = there;
            return there;
        }
    }

    private Tensor staging(int turn) {
        Tensor known = staging[turn];
        if (known == null) {
            long most = blocks.stream().mapToLong(BlockLayout::bytes).max().orElse(0);
            known = Scope.retain(lane.staging(most));
            staging[turn] = known;
        }
        return known;
    }

    @Override
    public Weights arrive(int index) {
        if (coming == null || coming.index != index) {
            begin(index);
        }
        Coming here = Objects.requireNonNull(coming);
        coming = null;
        try {
            lane.await(got(here.copied));
        } catch (RuntimeException | Error e) {
            here.piece.close();
            throw e;
        }
        return weights.at(index).arrived(blocks.get(index), here.piece);
    }

    /** What the filler made; waits until it has read the file, not until the copy was made. */
    private static Mark got(Future<Mark> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true; // memory is in use until the filler has ended
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException cause) {
                        throw cause;
                    }
                    if (e.getCause() instanceof Error cause) {
                        throw cause;
                    }
                    throw new IllegalStateException(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Lets go of a block that nobody came for; its memory is free for what is computed after the copy. */
    private void forget() {
        Coming unwanted = coming;
        coming = null;
        if (unwanted != null) {
            try {
                lane.await(got(unwanted.copied));
            } finally {
                unwanted.piece.close();
            }
        }
    }

    @Override
    public void close() {
        try {
            forget();
        } finally {
            filler.shutdown();
            List<Mark> open = new ArrayList<>();
            for (int i = 0; i < STAGES; i++) {
                Mark mark = copied[i];
                if (mark != null) {
                    open.add(mark);
                    copied[i] = null;
                }
            }
            open.forEach(lane::join);
            Arrays.stream(staging).filter(Objects::nonNull).forEach(Tensor::close);
            Arrays.fill(staging, null);
            lane.close();
        }
    }
}
