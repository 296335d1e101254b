package ai.ingredients.transformer;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Transfers;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * 3D rotary position embedding of the video tokens: a quarter of each head's channels turn with the frame, three eighths
 * with the row, three eighths with the column; neighbouring channels form the pairs that turn.
 *
 * <p>Source: diffusers {@code get_3d_rotary_pos_embed}: with the linspace grid {@link #of}, with the slice grid
 * {@link #counted}.
 *
 * @param cos [V, headDim] fp32, every value twice in a row
 * @param sin [V, headDim] fp32
 * @param prepared the factors as {@link #prepared} made them; none where each use makes its own
 */
public record RotaryEmbedding(
        Tensor cos, Tensor sin, @Nullable Tensor prepared) {
    private static final double THETA = 10_000;

    /** Every use makes its own factors. */
    public RotaryEmbedding(Tensor cos, Tensor sin) {
        this(cos, sin, null);
    }

    /** A number of patches: rows and columns. */
    public record Grid(int height, int width) {
        /** The grid of the official Ingredients pipeline, 480x720 pixels whatever size is asked (quirk 7). */
        public static final Grid OFFICIAL = new Grid(30, 45);
    }

    /**
     * The embedding for {@code frames} latent frames of {@code grid} patches, its coordinates stretched to cover the part
     * of {@code base} that has the same aspect ratio.
     */
    public static RotaryEmbedding of(Grid grid, Grid base, int frames, int headDim) {
        // The largest centred rectangle of the base grid with the aspect ratio of the asked grid.
        boolean tall = (double) grid.height / grid.width > (double) base.height / base.width;
        long height = tall ? base.height : (long) Math.rint((double) base.width / grid.width * grid.height);
        long width = tall ? (long) Math.rint((double) base.height / grid.height * grid.width) : base.width;
        long top = (long) Math.rint((base.height - height) / 2.0);
        long left = (long) Math.rint((base.width - width) / 2.0);

        Tensor times = angles(0, frames, frames, headDim / 4);
        Tensor rows = angles(top, top + height, grid.height, headDim / 8 * 3);
        Tensor columns = angles(left, left + width, grid.width, headDim / 8 * 3);
        return new RotaryEmbedding(
                combine(times.cos(), rows.cos(), columns.cos()), combine(times.sin(), rows.sin(), columns.sin()));
    }

    /**
     * The embedding for {@code frames} frames of {@code grid} patches whose coordinates are their numbers, as in CogVideoX
     * 1.5.
     */
    public static RotaryEmbedding counted(Grid grid, int frames, int headDim) {
        Tensor times = angles(counted(frames), headDim / 4);
        Tensor rows = angles(counted(grid.height), headDim / 8 * 3);
        Tensor columns = angles(counted(grid.width), headDim / 8 * 3);
        return new RotaryEmbedding(
                combine(times.cos(), rows.cos(), columns.cos()), combine(times.sin(), rows.sin(), columns.sin()));
    }

    private static Tensor counted(int steps) {
        return torch.arange(new Scalar(steps), new TensorOptions(ScalarType.Float));
    }

    /** Angles of {@code steps} positions from {@code start} up to, not including, {@code stop}: [steps, dim/2]. */
    private static Tensor angles(double start, double stop, int steps, int dim) {
        TensorOptions fp32 = new TensorOptions(ScalarType.Float);
        return angles(torch.linspace(new Scalar(start), new Scalar(stop * (steps - 1) / steps), steps, fp32), dim);
    }

    /** Angles of {@code positions} [steps] fp32: [steps, dim/2]. */
    private static Tensor angles(Tensor positions, int dim) {
        TensorOptions fp32 = new TensorOptions(ScalarType.Float);
        Tensor exponents = torch.arange(new Scalar(0), new Scalar(dim), new Scalar(2), fp32)
                .div(new Scalar(dim));
        Tensor frequencies = torch.pow(new Scalar(THETA), exponents).reciprocal();
        return torch.outer(positions, frequencies);
    }

    /** [f, a], [h, b], [w, c] → [f·h·w, 2(a+b+c)], each value repeated for the two channels of its pair. */
    private static Tensor combine(Tensor times, Tensor rows, Tensor columns) {
        long f = times.size(0);
        long h = rows.size(0);
        long w = columns.size(0);
        Tensor all = Ops.cat(
                3,
                times.reshape(f, 1, 1, -1).expand(f, h, w, times.size(1)),
                rows.reshape(1, h, 1, -1).expand(f, h, w, rows.size(1)),
                columns.reshape(1, 1, w, -1).expand(f, h, w, columns.size(1)));
        return all.reshape(f * h * w, -1).repeat_interleave(2, new LongOptional(1), new LongOptional());
    }

    /**
     * The same, made ready for a whole video: the factors are computed and brought to the device of {@code like} once
     * instead of in every step. They belong to the current scope.
     *
     * @param textTokens tokens before the video's
     */
    public RotaryEmbedding prepared(long textTokens, Tensor like) {
        return new RotaryEmbedding(cos, sin, factors(textTokens, like));
    }

    /**
     * The same rotation as one complex factor per channel pair, for a joint sequence that begins with {@code textTokens}
     * tokens that do not turn: [1, T+V, 1, headDim/2] complex64 on the device of {@code like}.
     */
    Tensor factors(long textTokens, Tensor like) {
        long pairs = cos.size(1) / 2;
        if (prepared != null && prepared.size(1) == textTokens + cos.size(0) && sameDevice(prepared, like)) {
            return prepared.detach(); // a handle of its own
        }
        Tensor real = cos.reshape(-1, pairs, 2).select(2, 0); // [V, headDim/2]
        Tensor imaginary = sin.reshape(-1, pairs, 2).select(2, 0);
        TensorOptions fp32 = new TensorOptions(ScalarType.Float);
        real = Ops.cat(0, torch.ones(new long[] {textTokens, pairs}, fp32), real);
        imaginary = Ops.cat(0, torch.zeros(new long[] {textTokens, pairs}, fp32), imaginary);
        Tensor factors = torch.view_as_complex(Ops.stack(2, real, imaginary)); // [T+V, headDim/2]
        return Transfers.toDevice(factors, like.device(), ScalarType.ComplexFloat)
                .reshape(1, -1, 1, pairs);
    }

    private static boolean sameDevice(Tensor a, Tensor b) {
        return a.device().equals(b.device());
    }

    /** Turns every channel pair of {@code x} [B, T+V, heads, headDim] by {@code factors}, in fp32. */
    static Tensor rotate(Tensor x, Tensor factors) {
        Tensor pairs = x.to(ScalarType.Float).unflatten(-1, -1, 2).contiguous(); // [B, T+V, heads, headDim/2, 2]
        Tensor turned = torch.view_as_complex(pairs).mul(factors);
        return torch.view_as_real(turned).flatten(-2, -1).to(x.scalar_type());
    }
}
