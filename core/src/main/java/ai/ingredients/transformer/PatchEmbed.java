package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import ai.ingredients.nn.Conv2d;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.transformer.TransformerConfig.Positions;
import ai.ingredients.weights.Weights;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Latents and text embeddings become tokens of one width, with absolute position embeddings where the model has them.
 *
 * <p>Source: diffusers {@code CogVideoXPatchEmbed}; other sizes of a learned table see {@link LearnedPositions}.
 */
final class PatchEmbed implements AutoCloseable {
    private final TransformerConfig config;
    private final Patches proj;
    private final Linear textProj;
    private final @Nullable Tensor learned;
    /** The computed table of the last size asked, since every step of a video asks for the same one. */
    private @Nullable Table table;

    /** Latents [B, f, inChannels, h, w] → tokens [B, V, D]. */
    private interface Patches {
        Tensor tokens(Tensor latents);
    }

    /** Positions [1, V, D] of frames of patches. */
    private record Table(long frames, long rows, long columns, Tensor values) {
        boolean isOf(long otherFrames, long otherRows, long otherColumns) {
            return frames == otherFrames && rows == otherRows && columns == otherColumns;
        }
    }

    PatchEmbed(Weights weights, TransformerConfig config) {
        this.config = config;
        long dim = config.innerDim();
        proj = config.patchSizeT() == null
                ? ofOneFrame(weights.at("proj"), config)
                : ofSeveralFrames(weights.at("proj"), config);
        textProj = Linear.of(weights.at("text_proj"), config.textEmbedDim(), dim);
        long rows = config.sampleHeight() / config.patchSize();
        long columns = config.sampleWidth() / config.patchSize();
        learned = config.positions() == Positions.ROTARY_AND_LEARNED
                ? weights.tensor(
                        "pos_embedding", 1, config.maxTextSeqLength() + rows * columns * nativeFrames(config), dim)
                : null;
    }

    private static Patches ofOneFrame(Weights weights, TransformerConfig config) {
        long dim = config.innerDim();
        long p = config.patchSize();
        Conv2d convolution = config.patchBias()
                ? Conv2d.of(weights, config.inChannels(), dim, p, p, 0)
                : Conv2d.withoutBias(weights, config.inChannels(), dim, p, p, 0);
        return latents -> {
            Tensor patches = convolution.forward(latents.flatten(0, 1)); // [B·f, D, h/p, w/p]
            return patches.flatten(2, 3).transpose(1, 2).reshape(latents.size(0), -1, dim); // [B, V, D]
        };
    }

    private static Patches ofSeveralFrames(Weights weights, TransformerConfig config) {
        long t = config.framesPerPatch();
        long p = config.patchSize();
        Linear linear = Linear.of(weights, config.inChannels() * p * p * t, config.innerDim());
        return latents -> {
            if (latents.size(1) % t != 0) {
                throw new InvalidInputException("the video has " + latents.size(1)
                        + " latent frames; this model's patches need a multiple of patch_size_t " + t);
            }
            long[] split = {
                latents.size(0), latents.size(1) / t, t, latents.size(2), latents.size(3) / p, p, latents.size(4) / p, p
            };
            // [B, f/t, t, C, h/p, p, w/p, p] → [B, f/t, h/p, w/p, C, t, p, p] → [B, V, C·t·p·p]
            Tensor patches = latents.reshape(split)
                    .permute(0, 1, 4, 6, 3, 2, 5, 7)
                    .flatten(4, 7)
                    .flatten(1, 3);
            return linear.forward(patches);
        };
    }

    private static long nativeFrames(TransformerConfig config) {
        return (config.sampleFrames() - 1) / config.temporalCompressionRatio() + 1;
    }

    /**
     * @param text [B, T, textEmbedDim]
     * @param latents [B, f, inChannels, h, w]
     * @param choice what becomes of a learned table in another size
     * @return video tokens [B, V, D], row by row and frame by frame, and text tokens [B, T, D]
     */
    TransformerBlock.Streams forward(Tensor text, Tensor latents, LearnedPositions choice) {
        long frames = latents.size(1);
        long rows = latents.size(3) / config.patchSize();
        long columns = latents.size(4) / config.patchSize();
        Tensor video = proj.tokens(latents); // [B, V, D]
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
        long textTokens = config.maxTextSeqLength();
        if (learned != null && !nativeSize) {
            if (choice == LearnedPositions.OFFICIAL) {
                throw new InvalidInputException("the video has " + latents.size(3) + "x" + latents.size(4)
                        + " latents, but learned position embeddings exist only for " + config.sampleHeight() + "x"
                        + config.sampleWidth() + "; ask for the model's own size");
            }
            Tensor own = learned;
            Tensor positions = own.requires_grad()
                    ? interpolated(own, frames, rows, columns)
                    : table(frames, rows, columns, () -> interpolated(own, frames, rows, columns));
            return new TransformerBlock.Streams(video.add(positions), words.add(own.narrow(1, 0, textTokens)));
        }
        if (learned != null && frames == nativeFrames(config)) {
            return new TransformerBlock.Streams(
                    video.add(learned.narrow(1, textTokens, learned.size(1) - textTokens)),
                    words.add(learned.narrow(1, 0, textTokens)));
        }
        // Also with a learned table when the number of frames is another than it was learned for, as in diffusers.
        // Of the joint table only the video part differs from zero.
        Tensor positions = table(
                frames,
                rows,
                columns,
                () -> Transfers.toDevice(sinCosTable(frames, rows, columns), video.device(), video.scalar_type()));
        return new TransformerBlock.Streams(video.add(positions), words);
    }

    /** The video part of a learned table [1, T+V, D] for another grid: [1, V', D]. */
    private Tensor interpolated(Tensor joint, long frames, long rows, long columns) {
        long textTokens = config.maxTextSeqLength();
        long[] grid = {
            1,
            nativeFrames(config),
            config.sampleHeight() / config.patchSize(),
            config.sampleWidth() / config.patchSize(),
            config.innerDim()
        };
        Tensor channels = joint.narrow(1, textTokens, joint.size(1) - textTokens)
                .reshape(grid)
                .permute(0, 4, 1, 2, 3) // [1, D, f, h/p, w/p]
                .to(ScalarType.Float);
        long[] size = {Math.max(frames, grid[1]), rows, columns};
        return torch.upsample_trilinear3d(channels, size, false)
                .narrow(2, 0, frames)
                .permute(0, 2, 3, 4, 1)
                .flatten(1, 3)
                .to(joint.scalar_type());
    }

    /** What {@code make} computes for this size, or did for the step before. */
    private Tensor table(long frames, long rows, long columns, Supplier<Tensor> make) {
        Table known = table;
        if (known == null || !known.isOf(frames, rows, columns)) {
            close();
            try (Scope scope = Scope.inference()) {
                known = new Table(frames, rows, columns, Scope.retain(make.get().contiguous()));
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
