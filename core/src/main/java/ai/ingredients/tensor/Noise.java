package ai.ingredients.tensor;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A seeded sequence of random draws, bit-equal to {@code torch.Generator("cpu").manual_seed(seed)} in Python.
 *
 * <p>Draws are made on the CPU and then moved, so one seed gives one video on every device. The order of draws matters:
 * all noise of a generation comes from one instance. Not thread-safe. Close it after use.
 */
public final class Noise implements AutoCloseable {
    private final Generator generator;
    private final GeneratorOptional source;

    public Noise(long seed) {
        Natives.load();
        generator = Scope.retain(torch.createCPUGenerator(seed));
        source = Scope.retain(new GeneratorOptional(generator));
    }

    /** Standard normal values of {@code shape}, drawn in {@code compute}'s dtype on the CPU, then moved there. */
    public Tensor gaussian(Compute compute, long... shape) {
        Tensor drawn =
                torch.randn(shape, source, new TensorOptions(compute.dtype().scalarType()));
        return compute.onCpu() ? drawn : compute.place(drawn);
    }

    /**
     * Standard normal values in the shape and dtype of {@code like}, drawn on the CPU and moved to where it is; the program
     * does not wait for that.
     */
    public Tensor gaussian(Tensor like) {
        Tensor drawn = torch.randn(Ops.shape(like), source, new TensorOptions(like.scalar_type()));
        return Transfers.toDevice(drawn, like.device(), like.scalar_type());
    }

    /** {@code count} values in [0, 1), from the same sequence of draws. */
    public float[] uniform(int count) {
        return Ops.floats(torch.rand(
                new long[] {count}, source, new TensorOptions(org.bytedeco.pytorch.global.torch.ScalarType.Float)));
    }

    /** Where the sequence of draws stands, as bytes [n]; owned by the current scope. */
    public Tensor state() {
        return generator.get_state();
    }

    /** Goes on from {@code state}, as {@link #state} gave it. */
    public void restore(Tensor state) {
        generator.set_state(state);
    }

    @Override
    public void close() {
        source.close();
        generator.close();
    }
}
