package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.pipeline.MemoryPlan.Demand;
import ai.ingredients.pipeline.MemoryPlan.Models;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.testing.NativeMemory;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.VideoTransformer;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** A step takes the memory that its plan says: most of it is a block's tensors, which die when they were used. */
class ActivationsTest {
    private static final VideoSize SIZE = new VideoSize(17, 480, 720);
    private static final int TEXT = 226;

    @Test
    void aStepTakesWhatWasPlanned() throws InterruptedException {
        assumeTrue(NativeMemory.known(), "this C library does not tell what it has handed out");
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        long planned = Activations.denoising(Models.of(bundle, Compute.CPU_FP32), new Demand(SIZE, 1, 0, TEXT, false));
        try (Scope scope = Scope.inference();
                TensorStore store = bundle.folder().weights("transformer");
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                VideoTransformer model = VideoTransformer.load(weights, bundle.transformer(), Residency.RESIDENT)) {
            Tensor latents = torch.randn(
                    1, SIZE.latentFrames(), bundle.transformer().inChannels(), SIZE.latentHeight(), SIZE.latentWidth());
            Tensor text = torch.randn(1, TEXT, bundle.transformer().textEmbedDim());
            long taken = leastPeak(() -> {
                try (Scope step = Scope.inference()) {
                    model.forward(
                            latents,
                            text,
                            Ops.tensor(new long[] {500}, 1),
                            model.rotary(SIZE.latentHeight(), SIZE.latentWidth(), SIZE.latentFrames()),
                            null,
                            new Options(Routing.REFERENCE, 1));
                }
            });
            assertThat(taken).isBetween(planned / 2, planned + planned / 5);
        }
    }

    /** Of three, since the JVM's compiler takes megabytes in some of them. */
    private static long leastPeak(Runnable work) throws InterruptedException {
        return Math.min(peak(work), Math.min(peak(work), peak(work)));
    }

    /** The most that the allocator has handed out while {@code work} is done, as seen many times a second. */
    private static long peak(Runnable work) throws InterruptedException {
        long before = NativeMemory.liveBytes();
        AtomicLong most = new AtomicLong();
        AtomicBoolean working = new AtomicBoolean(true);
        Thread watcher = Thread.ofPlatform().daemon().start(() -> {
            while (working.get()) {
                most.accumulateAndGet(NativeMemory.liveBytes(), Math::max);
                Thread.onSpinWait();
            }
        });
        work.run();
        working.set(false);
        watcher.join();
        return most.get() - before;
    }
}
