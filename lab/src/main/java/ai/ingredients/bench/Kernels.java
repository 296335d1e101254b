package ai.ingredients.bench;

import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The operations that models spend their time in, by themselves. The fastest matrix product is the machine's peak. */
final class Kernels {
    private static final int HEADS = 12;
    private static final int HEAD_DIM = 64;

    private final Compute compute;
    private final Stopwatch watch;

    Kernels(Compute compute, Stopwatch watch) {
        this.compute = compute;
        this.watch = watch;
    }

    /** @param tiny whether small ones are enough, to see that they run */
    List<Measured> run(boolean tiny) {
        List<Measured> measured = new ArrayList<>();
        measured.add(matmul(tiny ? 256 : 2048));
        measured.add(matmul(tiny ? 512 : 4096));
        measured.add(linear(tiny ? 100 : 1564, tiny ? 96 : 768, tiny ? 384 : 3072));
        measured.add(attention(tiny ? 100 : 1564));
        measured.add(conv3d(tiny ? 8 : 512, 3, tiny ? 8 : 30, tiny ? 12 : 46));
        measured.add(conv3d(tiny ? 8 : 128, tiny ? 3 : 8, tiny ? 16 : 120, tiny ? 24 : 184));
        if (!compute.onCpu()) {
            measured.addAll(backends(tiny ? 2 : 48, tiny ? 100 : 17_776)); // of a published step
        }
        return measured;
    }

    /** Attention by each kernel alone; the fastest says so, and one that does not take such inputs here is skipped. */
    List<Measured> backends(int heads, long tokens) {
        List<Measured> measured = new ArrayList<>();
        for (Attention backend : EnumSet.complementOf(EnumSet.of(Attention.AUTO))) {
            String name = "attention " + heads + "x" + tokens + "x" + HEAD_DIM + ", " + backend;
            if (backend == Attention.MATH && (double) heads * tokens * tokens * 4 * 2 > compute.freeBytes()) {
                measured.add(
                        Measured.skipped(name, compute.dtype().toString(), "its scores do not fit the free memory"));
                continue;
            }
            try {
                backend.only(() -> measured.add(attention(name, heads, tokens)));
            } catch (RuntimeException e) {
                measured.add(Measured.skipped(name, compute.dtype().toString(), "not for these inputs on this device"));
            }
        }
        return withFastest(measured);
    }

    /** The one with the least median of those that ran is told apart. */
    static List<Measured> withFastest(List<Measured> measured) {
        Optional<Measured> fastest =
                measured.stream().filter(Measured::ran).min(Comparator.comparingDouble(Measured::median));
        return measured.stream()
                .map(one -> fastest.isPresent() && one == fastest.get() ? one.withNote("the fastest here") : one)
                .toList();
    }

    private Tensor random(long... shape) {
        return compute.place(torch.randn(shape));
    }

    private Measured matmul(long side) {
        try (Scope scope = Scope.inference()) {
            Tensor left = random(side, side);
            Tensor right = random(side, side);
            return timed(
                    "matmul " + side,
                    Flops.matmul((double) side, (double) side, (double) side),
                    () -> left.matmul(right));
        }
    }

    private Measured linear(long rows, long in, long out) {
        try (Scope scope = Scope.inference()) {
            Tensor x = random(rows, in);
            Tensor weight = random(out, in);
            Tensor bias = random(out);
            return timed(
                    "linear " + rows + "x" + in + " to " + out,
                    Flops.matmul((double) rows, (double) in, (double) out),
                    () -> Ops.linear(x, weight, bias));
        }
    }

    private Measured attention(long tokens) {
        return attention("attention " + HEADS + "x" + tokens + "x" + HEAD_DIM, HEADS, tokens);
    }

    private Measured attention(String name, int heads, long tokens) {
        try (Scope scope = Scope.inference()) {
            Tensor query = random(1, heads, tokens, HEAD_DIM);
            Tensor key = random(1, heads, tokens, HEAD_DIM);
            Tensor value = random(1, heads, tokens, HEAD_DIM);
            return timed(
                    name,
                    Flops.attention(heads, (double) tokens, (double) tokens, HEAD_DIM),
                    () -> Ops.attention(query, key, value));
        }
    }

    /** As the autoencoder has them: two frames more than come out, pixels padded. */
    private Measured conv3d(long channels, long frames, long height, long width) {
        try (Scope scope = Scope.inference()) {
            Tensor x = random(1, channels, frames + 2, height, width);
            Tensor weight = random(channels, channels, 3, 3, 3);
            Tensor bias = random(channels);
            long[] ones = {1, 1, 1};
            return timed(
                    "conv3d " + channels + "x" + frames + "x" + height + "x" + width,
                    Flops.conv((double) channels, (double) channels, (double) (frames * height * width)),
                    () -> torch.conv3d(x, weight, Ops.optional(bias), ones, new long[] {0, 1, 1}, ones, 1));
        }
    }

    private Measured timed(String name, double operations, Runnable work) {
        return watch.measure(name, operations, () -> {
            try (Scope scope = Scope.inference()) {
                work.run();
            }
        });
    }
}
