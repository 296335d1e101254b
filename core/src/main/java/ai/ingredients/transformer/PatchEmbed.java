package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.TransformerConfig.Positions;
import ai.ingredients.weights.Weights;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Latents and text embeddings become tokens of one width, with absolute position embeddings where the model has them.
 *
 * <p>Source: diffusers {@code CogVideoXPatchEmbed} (CogVideoX 1.0 layouts).
 */
final class PatchEmbed implements AutoCloseable {
    private final TransformerConfig config;
    private final Conv2d proj;
    private final Linear textProj;
    private final @Nullable Tensor learned;
    /** The sin-cos table of the last size asked, since every step of a video asks for the same one. */
    private @Nullable SinCos table;

    private record SinCos(long frames, long rows, long columns, Tensor values) {}

    PatchEmbed(Weights weights, TransformerConfig config) {
        this.config = config;
        long dim = config.innerDim();
        proj = Conv2d.of(weights.at("proj"), config.inChannels(), dim, config.patchSize(), config.patchSize(), 0);
        textProj = Linear.of(weights.at("text_proj"), config.textEmbedDim(), dim);
        long rows = config.sampleHeight() / config.patchSize();
        long columns = config.sampleWidth() / config.patchSize();
        learned = config.positions() == Positions.ROTARY_AND_LEARNED
                ? weights.tensor(
                        "pos_embedding", 1, config.maxTextSeqLength() + rows * columns * nativeFrames(config), dim)
                : null;
    }

    private static long nativeFrames(TransformerConfig config) {
        return (config.sampleFrames() - 1) / config.temporalCompressionRatio() + 1;
    }

    /**
     * @param text [B, T, textEmbedDim]
     * @param latents [B, f, inChannels, h, w]
     * @return video tokens [B, V, D], row by row and frame by frame, and text tokens [B, T, D]
     */
    TransformerBlock.Streams forward(Tensor text, Tensor latents) {
        long batch = latents.size(0);
        long frames = latents.size(1);
        long rows = latents.size(3) / config.patchSize();
        long columns = latents.size(4) / config.patchSize();
        Tensor patches = proj.forward(latents.flatten(0, 1)); // [B·f, D, h/p, w/p]
        Tensor video = patches.flatten(2, 3).transpose(1, 2).reshape(batch, -1, config.innerDim()); // [B, V, D]
        Tensor words = textProj.forward(text);
        if (config.positions() == Positions.ROTARY) {
            return new TransformerBlock.Streams(video, words);
        }
        if (text.size(1) != config.maxTextSeqLength()) {
            throw new InvalidInputException("the text has " + text.size(1) + " tokens, but this model's position "
                    + "embeddings need exactly max_text_seq_length " + config.maxTextSeqLength());
        }
        boolean nativeSize = rows == config.sampleHeight() / config.patchSize()
                && columns == config.sampleWidth() / config.patchSize();
        if (learned != null && !nativeSize) {
            throw new InvalidInputException("the video has " + latents.size(3) + "x" + latents.size(4)
                    + " latents, but learned position embeddings exist only for " + config.sampleHeight() + "x"
                    + config.sampleWidth() + "; ask for the model's own size");
        }
        if (learned != null && frames == nativeFrames(config)) {
            long textTokens = config.maxTextSeqLength();
            return new TransformerBlock.Streams(
                    video.add(learned.narrow(1, textTokens, learned.size(1) - textTokens)),
                    words.add(learned.narrow(1, 0, textTokens)));
        }
        // Also with a learned table when the number of frames is another than it was learned for, as in diffusers.
        // Of the joint table only the video part differs from zero.
        return new TransformerBlock.Streams(video.add(sinCos(frames, rows, columns, video)), words);
    }

    private Tensor sinCos(long frames, long rows, long columns, Tensor like) {
        SinCos known = table;
        if (known == null || known.frames != frames || known.rows != rows || known.columns != columns) {
            close();
            try (Scope scope = Scope.inference()) {
                Tensor values = sinCosTable(frames, rows, columns).to(like.device(), like.scalar_type());
                known = new SinCos(frames, rows, columns, Scope.retain(values));
            }
            table = known;
        }
        return known.values;
    }

    /** Frame in the first quarter of the channels, then column, then row: [1, V, D] fp64. */
    Tensor sinCosTable(long frames, long rows, long columns) {
        long dim = config.innerDim();
        Tensor times = waves(frames, config.temporalInterpolationScale(), dim / 4);
        Tensor across = waves(columns, config.spatialInterpolationScale(), dim * 3 / 8);
        Tensor down = waves(rows, config.spatialInterpolationScale(), dim * 3 / 8);
        return Ops.cat(
                        3,
                        times.reshape(frames, 1, 1, -1).expand(frames, rows, columns, times.size(1)),
                        across.reshape(1, 1, columns, -1).expand(frames, rows, columns, across.size(1)),
                        down.reshape(1, rows, 1, -1).expand(frames, rows, columns, down.size(1)))
                .reshape(1, frames * rows * columns, dim);
    }

    /** Sines, then cosines, of {@code count} positions at dim/2 wavelengths: [count, dim]. */
    private static Tensor waves(long count, double interpolationScale, long dim) {
        TensorOptions fp32 = new TensorOptions(ScalarType.Float);
        Tensor positions = torch.arange(new Scalar(count), fp32).div(new Scalar(interpolationScale));
        Tensor exponents = torch.arange(new Scalar(dim / 2), new TensorOptions(ScalarType.Double))
                .div(new Scalar(dim / 2.0));
        Tensor frequencies = torch.pow(new Scalar(10_000.0), exponents).reciprocal();
        Tensor angles = torch.outer(positions.to(ScalarType.Double), frequencies);
        return Ops.cat(1, angles.sin(), angles.cos());
    }

    @Override
    public void close() {
        if (table != null) {
            table.values.close();
            table = null;
        }
    }
}
