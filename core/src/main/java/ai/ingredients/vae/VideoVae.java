package ai.ingredients.vae;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The autoencoder of CogVideoX: {@link #encode} turns a video into a distribution over latents, {@link #decode} turns
 * latents into a video. Source: {@code AutoencoderKLCogVideoX} of diffusers.
 *
 * <pre>{@code
 * VideoVae vae = VideoVae.load(weights, config);
 * weights.verify();
 * try (Scope scope = Scope.inference()) {
 *     Tensor latents = vae.encode(video).sample(noise);
 *     vae.with(Tiling.on(config)).decode(latents, frames -> writer.write(frames));
 * }
 * }</pre>
 *
 * <p>Latents here are the autoencoder's own: the caller multiplies and divides by {@link VaeConfig#scalingFactor}.
 * Inputs must be on the device and in the dtype of the weights.
 *
 * <p><b>Time.</b> A video is encoded 8 frames and decoded 2 latent frames at a time, what does not divide going with
 * the first batch; causal convolutions carry the last two frames they saw from batch to batch. An odd number n of
 * latent frames decodes to 4·(n − 1) + 1 frames, an even one to 4·n.
 *
 * <p><b>Ownership.</b> The weights belong to {@link Weights} and must outlive this object; results belong to the
 * innermost scope. Autograd flows through everything where the caller's scope leaves gradients on. Immutable, and
 * thread-safe as far as libtorch is.
 */
public final class VideoVae {
    /** Videos of a batch together or one after another; the latter bounds memory and changes no number. */
    public enum Slicing {
        TOGETHER,
        ONE_BY_ONE
    }

    private static final long SAMPLE_FRAMES = 8;
    /** Latent frames decoded together. */
    static final long LATENT_FRAMES = 2;

    private final VaeConfig config;
    private final VaeEncoder encoder;
    private final VaeDecoder decoder;
    private final @Nullable Conv3d quantConv;
    private final @Nullable Conv3d postQuantConv;
    private final Tiling tiling;
    private final Slicing slicing;

    private VideoVae(
            VaeConfig config,
            VaeEncoder encoder,
            VaeDecoder decoder,
            @Nullable Conv3d quantConv,
            @Nullable Conv3d postQuantConv,
            Tiling tiling,
            Slicing slicing) {
        this.config = config;
        this.encoder = encoder;
        this.decoder = decoder;
        this.quantConv = quantConv;
        this.postQuantConv = postQuantConv;
        this.tiling = tiling;
        this.slicing = slicing;
    }

    /** Takes the parameters from {@code weights}; not tiled, whole batches. Call {@link Weights#verify} afterwards. */
    public static VideoVae load(Weights weights, VaeConfig config) {
        long colours = config.outChannels();
        return new VideoVae(
                config,
                new VaeEncoder(weights.at("encoder"), config),
                new VaeDecoder(weights.at("decoder"), config),
                config.useQuantConv() ? Conv3d.pointwise(weights.at("quant_conv"), 2 * colours, 2 * colours) : null,
                config.usePostQuantConv() ? Conv3d.pointwise(weights.at("post_quant_conv"), colours, colours) : null,
                Tiling.off(config),
                Slicing.TOGETHER);
    }

    /** The same autoencoder, sharing its weights, with other tiling. */
    public VideoVae with(Tiling other) {
        return new VideoVae(config, encoder, decoder, quantConv, postQuantConv, other, slicing);
    }

    /** The same autoencoder, sharing its weights, with other slicing of batches. */
    public VideoVae with(Slicing other) {
        return new VideoVae(config, encoder, decoder, quantConv, postQuantConv, tiling, other);
    }

    /** The sizes it was built with. */
    public VaeConfig config() {
        return config;
    }

    /**
     * The distribution over latents of {@code video}.
     *
     * @param video [B, 3, F, H, W] in [-1, 1]; H and W multiples of {@link VaeConfig#spatialCompression} s, which is 8 for
     *     every published model; F = 1 or 8k or 8k + 1
     * @return over [B, C, f, H/s, W/s]; f = ⌈F/4⌉
     * @throws IllegalArgumentException when the shape is another
     */
    public LatentDistribution encode(Tensor video) {
        check("a video", video, config.inChannels(), config.spatialCompression());
        TileGrid grid = TileGrid.ofPixels(tiling, config);
        try (Scope scope = Scope.open()) {
            Tensor parameters =
                    sliced(video, one -> tiles(grid, one) ? grid.join(one, this::encodeFrames) : encodeFrames(one));
            LatentDistribution latents = LatentDistribution.of(parameters);
            scope.keep(latents.mean());
            scope.keep(latents.logvar());
            return latents;
        }
    }

    /** [B, 3, F, H, W] → [B, 2·C, f, H/8, W/8]. */
    private Tensor encodeFrames(Tensor video) {
        return collected(sink -> inBatches(video, SAMPLE_FRAMES, this::encodeBatch, sink));
    }

    private Tensor encodeBatch(Tensor frames, FrameCache cache) {
        Tensor parameters = encoder.forward(frames, cache);
        return quantConv == null ? parameters : quantConv.forward(parameters);
    }

    /**
     * The video of {@code latents}.
     *
     * @param latents [B, C, f, h, w], already divided by the scaling factor
     * @return [B, 3, F, 8·h, 8·w] about [-1, 1], not clamped; F = 4·f, or 4·(f − 1) + 1 when f is odd
     * @throws IllegalArgumentException when the shape is another
     */
    public Tensor decode(Tensor latents) {
        return collected(sink -> decode(latents, sink));
    }

    /**
     * As {@link #decode(Tensor)}, handing out frames as they are ready: 8 at a time (9 first when f is odd). Tiles and
     * videos coded one by one each span all frames; then everything comes in one piece at the end, and only
     * {@link FrameSink#progress} is called on the way.
     */
    public void decode(Tensor latents, FrameSink sink) {
        check("latents", latents, config.latentChannels(), 1);
        TileGrid grid = TileGrid.ofLatents(tiling, config);
        boolean tiled = tiles(grid, latents);
        boolean oneByOne = slicing == Slicing.ONE_BY_ONE && latents.size(0) > 1;
        int pieces = pieces(config, tiling, latents.size(2), latents.size(3), latents.size(4))
                * (oneByOne ? Math.toIntExact(latents.size(0)) : 1);
        Progress progress = new Progress(sink, pieces);
        if (!tiled && !oneByOne) {
            decodeFrames(latents, sink, progress);
            return;
        }
        UnaryOperator<Tensor> whole = piece -> collected(part -> decodeFrames(piece, part, progress));
        try (Scope scope = Scope.open()) {
            sink.frames(sliced(latents, one -> tiled ? grid.join(one, whole) : whole.apply(one)));
        }
    }

    /**
     * How many pieces of work {@link #decode(Tensor, FrameSink)} will report for one video of {@code frames} latent frames
     * of {@code height} x {@code width} latents.
     */
    public static int pieces(VaeConfig config, Tiling tiling, long frames, long height, long width) {
        TileGrid grid = TileGrid.ofLatents(tiling, config);
        int tiles = tiling.enabled() && grid.divides(height, width) ? grid.count(height, width) : 1;
        return Math.toIntExact(batches(frames, LATENT_FRAMES) * tiles);
    }

    /** [B, C, f, h, w] → [B, 3, F, 8·h, 8·w], in parts. */
    private void decodeFrames(Tensor latents, FrameSink sink, Progress progress) {
        inBatches(latents, LATENT_FRAMES, this::decodeBatch, frames -> {
            sink.frames(frames);
            progress.step();
        });
    }

    private Tensor decodeBatch(Tensor latents, FrameCache cache) {
        return decoder.forward(postQuantConv == null ? latents : postQuantConv.forward(latents), cache);
    }

    private boolean tiles(TileGrid grid, Tensor x) {
        return tiling.enabled() && grid.divides(x.size(3), x.size(4));
    }

    /** Codes the videos of a batch together or one by one. */
    private Tensor sliced(Tensor x, UnaryOperator<Tensor> code) {
        if (slicing == Slicing.TOGETHER || x.size(0) == 1) {
            return code.apply(x);
        }
        Tensor[] videos = new Tensor[Math.toIntExact(x.size(0))];
        for (int i = 0; i < videos.length; i++) {
            videos[i] = code.apply(x.narrow(0, i, 1));
        }
        return Ops.cat(0, videos);
    }

    /** Codes {@code size} frames of {@code x} at a time; the first batch takes the remainder as well. */
    private static void inBatches(Tensor x, long size, BiFunction<Tensor, FrameCache, Tensor> code, FrameSink sink) {
        long frames = x.size(2);
        long batches = batches(frames, size);
        long start = 0;
        try (FrameCache cache = new FrameCache()) {
            for (long batch = 1; batch <= batches; batch++) {
                long end = Math.min(size * batch + frames % size, frames);
                cache.begin(batch == batches);
                try (Scope scope = Scope.open()) {
                    sink.frames(code.apply(x.narrow(2, start, end - start), cache));
                }
                start = end;
            }
        }
    }

    private static long batches(long frames, long together) {
        return Math.max(frames / together, 1);
    }

    /** All parts that {@code work} hands out, joined along time. */
    private static Tensor collected(Consumer<FrameSink> work) {
        List<Tensor> parts = new ArrayList<>();
        try {
            work.accept(part -> parts.add(Scope.retain(part)));
            return Scope.of(() -> Ops.cat(2, parts.toArray(Tensor[]::new)));
        } finally {
            parts.forEach(Tensor::close);
        }
    }

    private static void check(String what, Tensor x, long channels, int multiple) {
        boolean fits = x.dim() == 5
                && x.size(1) == channels
                && x.numel() > 0
                && x.size(3) % multiple == 0
                && x.size(4) % multiple == 0;
        if (!fits) {
            throw new IllegalArgumentException(what + " of shape " + Arrays.toString(Ops.shape(x))
                    + " was given; expected [batch, " + channels + ", frames, height, width]"
                    + (multiple == 1 ? "" : " with height and width in multiples of " + multiple));
        }
    }

    /** Counts pieces of work for a sink. */
    private static final class Progress {
        private final FrameSink sink;
        private final int total;
        private int done;

        Progress(FrameSink sink, int total) {
            this.sink = sink;
            this.total = total;
        }

        void step() {
            done++;
            sink.progress(done, total);
        }
    }
}
