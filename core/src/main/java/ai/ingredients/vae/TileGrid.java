package ai.ingredients.vae;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How a picture is cut into overlapping tiles and put together again. Source: {@code tiled_encode} and
 * {@code tiled_decode} of the reference, including how they round.
 *
 * @param rows along the height
 * @param columns along the width
 */
record TileGrid(Axis rows, Axis columns) {
    /**
     * One direction of the grid.
     *
     * @param tile length of a tile before coding
     * @param step from one tile's start to the next's, before coding
     * @param seam length over which neighbours are blended, after coding
     * @param kept length used of each tile, after coding
     */
    record Axis(int tile, int step, int seam, int kept) {
        /** A tile of {@code latents} overlapping the next by {@code shared}, before decoding and after. */
        static Axis decoding(int latents, int shared, int ratio) {
            return new Axis(latents, latents - shared, shared * ratio, (latents - shared) * ratio);
        }

        /** The same tile before encoding and after. */
        static Axis encoding(int latents, int shared, int ratio) {
            return new Axis(latents * ratio, (latents - shared) * ratio, shared, latents - shared);
        }

        /** As the reference rounds. */
        static Axis reference(int tile, int codedTile, double overlap) {
            int step = (int) (tile * (1 - overlap));
            int seam = (int) (codedTile * overlap);
            if (step < 1 || codedTile - seam < 1) {
                throw new InvalidInputException("tiles of " + tile + " coded to " + codedTile + " with overlap "
                        + overlap + " leave nothing between the seams; use larger tiles");
            }
            return new Axis(tile, step, seam, codedTile - seam);
        }
    }

    /** A tile is two latents long at least: one that counts and one that it shares with the next. */
    private static final int SHORTEST = 2;

    static TileGrid ofPixels(Tiling tiling, VaeConfig config) {
        int ratio = config.spatialCompression();
        return new TileGrid(
                pixels(tiling, tiling.sampleMinHeight(), tiling.overlapHeight(), ratio),
                pixels(tiling, tiling.sampleMinWidth(), tiling.overlapWidth(), ratio));
    }

    private static Axis pixels(Tiling tiling, int tile, double overlap, int ratio) {
        return switch (tiling.seams()) {
            case REFERENCE -> Axis.reference(tile, tile / ratio, overlap);
            case WHOLE_LATENTS -> Axis.encoding(latents(tile, ratio), shared(tile, ratio, overlap), ratio);
        };
    }

    static TileGrid ofLatents(Tiling tiling, VaeConfig config) {
        int ratio = config.spatialCompression();
        return new TileGrid(
                latents(tiling, tiling.sampleMinHeight(), tiling.overlapHeight(), ratio),
                latents(tiling, tiling.sampleMinWidth(), tiling.overlapWidth(), ratio));
    }

    private static Axis latents(Tiling tiling, int tile, double overlap, int ratio) {
        return switch (tiling.seams()) {
            case REFERENCE -> Axis.reference(tile / ratio, tile, overlap);
            case WHOLE_LATENTS -> Axis.decoding(latents(tile, ratio), shared(tile, ratio, overlap), ratio);
        };
    }

    private static int latents(int tile, int ratio) {
        return Math.max(SHORTEST, tile / ratio);
    }

    /** Latents that two neighbours share: at least one, so that there is a seam, and never a whole tile. */
    private static int shared(int tile, int ratio, double overlap) {
        int length = latents(tile, ratio);
        return Math.clamp((int) (length * overlap), 1, length - 1);
    }

    /** Whether a picture of this size is larger than one tile. */
    boolean divides(long height, long width) {
        return height > rows.tile || width > columns.tile;
    }

    /** Number of tiles of a picture of this size. */
    int count(long height, long width) {
        return Math.toIntExact(Math.ceilDiv(height, rows.step) * Math.ceilDiv(width, columns.step));
    }

    /**
     * Codes every tile of {@code x} [B, C, T, H, W] by {@code code}, blends each with the tiles above and to its left,
     * and joins them.
     */
    Tensor join(Tensor x, UnaryOperator<Tensor> code) {
        return Scope.of(() -> {
            List<Tensor> bands = new ArrayList<>();
            List<Tensor> above = List.of();
            for (long top = 0; top < x.size(3); top += rows.step) {
                List<Tensor> band = new ArrayList<>();
                for (long left = 0; left < x.size(4); left += columns.step) {
                    Tensor tile = code.apply(cut(cut(x, 3, top, rows.tile), 4, left, columns.tile));
                    if (!above.isEmpty()) {
                        tile = blended(above.get(band.size()), tile, rows.seam, 3);
                    }
                    if (!band.isEmpty()) {
                        tile = blended(band.getLast(), tile, columns.seam, 4);
                    }
                    band.add(tile);
                }
                Tensor[] used = band.stream()
                        .map(tile -> cut(cut(tile, 3, 0, rows.kept), 4, 0, columns.kept))
                        .toArray(Tensor[]::new);
                bands.add(Ops.cat(4, used));
                above = band;
            }
            return Ops.cat(3, bands.toArray(Tensor[]::new));
        });
    }

    /** {@code length} entries of {@code dim} from {@code start}, or as many as there are. */
    private static Tensor cut(Tensor x, long dim, long start, long length) {
        return x.narrow(dim, start, Math.min(length, x.size(dim) - start));
    }

    /** {@code tile} whose first entries along {@code dim} fade in from the last ones of {@code before}. */
    private static Tensor blended(Tensor before, Tensor tile, int seam, int dim) {
        int length = Math.toIntExact(Math.min(seam, Math.min(before.size(dim), tile.size(dim))));
        if (length == 0) {
            return tile;
        }
        return Scope.of(() -> {
            float[] rising = new float[length];
            float[] falling = new float[length];
            for (int i = 0; i < length; i++) {
                double share = (double) i / length;
                rising[i] = (float) share;
                falling[i] = (float) (1 - share);
            }
            Tensor old = faded(before.narrow(dim, before.size(dim) - length, length), falling, dim);
            Tensor seamed = old.add(faded(tile.narrow(dim, 0, length), rising, dim));
            return Ops.cat(dim, seamed, tile.narrow(dim, length, tile.size(dim) - length));
        });
    }

    /** {@code x} times one weight for each entry of {@code dim}, multiplied in fp32, rounded to {@code x}'s dtype. */
    private static Tensor faded(Tensor x, float[] weights, int dim) {
        long[] shape = {1, 1, 1, 1, 1};
        shape[dim] = weights.length;
        return x.mul(Ops.tensor(weights, shape).to(x.device(), ScalarType.Float))
                .to(x.scalar_type());
    }
}
