package ai.ingredients.vae;

import ai.ingredients.tensor.DType;
import java.util.List;

/**
 * How much memory decoding takes, so that tiling can be chosen before anything is loaded.
 *
 * <p>Counted are the largest set of tensors that live at one time while a convolution runs (its input, the block's
 * input, its output, and the copies of input and output in the kernel library's own layout), what the causal
 * convolutions carry from batch to batch, the decoded frames that stay, and a constant for the allocator and the
 * kernels' scratch space. Measured on the CPU in fp32 with widths 32 to 64, the true peak of a video is 0.75 to 1.1
 * times the estimate, and that of a single frame half of it. Weights and the caller's own tensors are not in it.
 */
public final class VaeMemory {
    private static final int CACHED_FRAMES = 2;
    private static final int MIDDLE_BLOCKS = 2;
    /** What small decodes took beyond their tensors, in bytes. */
    private static final long OVERHEAD = 200L << 20;
    /** A convolution's operands, and again in blocked layout. */
    private static final int LAYOUTS = 2;

    private VaeMemory() {}

    /**
     * Approximate peak in bytes of {@link VideoVae#decode(org.bytedeco.pytorch.Tensor, FrameSink)} for one video, above
     * what the process held before.
     *
     * @param frames latent frames
     * @param height latent rows
     * @param width latent columns
     */
    public static long decodeBytes(VaeConfig config, DType dtype, Tiling tiling, long frames, long height, long width) {
        TileGrid grid = TileGrid.ofLatents(tiling, config);
        if (!tiling.enabled() || !grid.divides(height, width)) {
            return OVERHEAD + dtype.bytes() * pieceElements(config, frames, height, width);
        }
        long rows = Math.min(height, grid.rows().tile());
        long columns = Math.min(width, grid.columns().tile());
        long area = (long) config.spatialCompression() * config.spatialCompression();
        long video = (long) config.outChannels() * config.temporalCompression() * frames * area;
        long tiles = grid.count(height, width) * video * rows * columns;
        long joined = LAYOUTS * video * height * width; // bands, and the whole picture made of them
        return OVERHEAD + dtype.bytes() * (pieceElements(config, frames, rows, columns) + tiles + joined);
    }

    /** Elements alive at the peak of decoding a video, or a tile, without further division. */
    private static long pieceElements(VaeConfig config, long frames, long height, long width) {
        boolean carried = frames >= 2 * VideoVae.LATENT_FRAMES;
        List<Integer> widths = config.blockOutChannels().reversed();
        long time = frames < VideoVae.LATENT_FRAMES ? frames : VideoVae.LATENT_FRAMES + frames % VideoVae.LATENT_FRAMES;
        long area = height * width;
        long in = widths.getFirst();
        long cached = (config.latentChannels() + 2 * MIDDLE_BLOCKS * in) * area;
        long peak = 0;
        for (int i = 0; i < widths.size(); i++) {
            long out = widths.get(i);
            long wider = Math.max(in, out);
            long operands = (wider * (time + CACHED_FRAMES) + out * time) * area;
            peak = Math.max(peak, in * time * area + LAYOUTS * operands);
            cached += (in + (2L * config.layersPerBlock() + 1) * out) * area;
            if (i < widths.size() - 1) {
                long before = out * time * area;
                area *= 4;
                peak = Math.max(peak, before + LAYOUTS * 2 * out * time * area);
                boolean doubles = i < config.temporalLevels() && time > 1;
                time = doubles ? 2 * time - time % 2 : time;
                peak = Math.max(peak, LAYOUTS * out * time * area);
            } else {
                cached += out * area;
            }
            in = out;
        }
        return peak + (carried ? CACHED_FRAMES * cached : 0);
    }
}
