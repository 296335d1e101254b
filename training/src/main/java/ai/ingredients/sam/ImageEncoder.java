package ai.ingredients.sam;

import ai.ingredients.nn.Conv2d;
import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The picture half of {@link Sam}: a vision transformer most of whose blocks attend within windows, with learned
 * distances per axis in every attention, and a neck of two convolutions.
 *
 * <p>Source: the official {@code modeling/image_encoder.py}, after ViTDet (arXiv 2203.16527).
 */
final class ImageEncoder {
    private static final double NORM_EPS = 1e-6;

    private final SamConfig config;
    private final Conv2d patchEmbed;
    private final Tensor posEmbed; // [1, grid, grid, embedDim]
    private final List<Block> blocks = new ArrayList<>();
    private final Neck neck;

    ImageEncoder(Weights weights, SamConfig config) {
        this.config = config;
        int width = config.embedDim();
        patchEmbed =
                Conv2d.of(weights.at("patch_embed").at("proj"), 3, width, config.patchSize(), config.patchSize(), 0);
        posEmbed = weights.tensor("pos_embed", 1, config.grid(), config.grid(), width);
        for (int i = 0; i < config.depth(); i++) {
            blocks.add(new Block(weights.at("blocks").at(i), config, config.windowed(i)));
        }
        neck = Neck.of(weights.at("neck"), width, config.promptDim());
    }

    /**
     * Encodes pictures.
     *
     * @param pixels [B, 3, imageSize, imageSize]
     * @return [B, promptDim, grid, grid]
     */
    Tensor forward(Tensor pixels) {
        if (pixels.size(2) != config.imageSize() || pixels.size(3) != config.imageSize()) {
            throw new IllegalArgumentException("SAM takes pictures of " + config.imageSize() + "x" + config.imageSize()
                    + ", not " + pixels.size(3) + "x" + pixels.size(2));
        }
        Tensor hidden =
                Scope.of(() -> patchEmbed.forward(pixels).permute(0, 2, 3, 1).add(posEmbed)); // [B, H, W, C]
        for (Block block : blocks) {
            Tensor input = hidden;
            hidden = Scope.of(() -> block.forward(input));
        }
        Tensor last = hidden;
        return Scope.of(() -> neck.forward(last.permute(0, 3, 1, 2)).contiguous());
    }

    /** 1x1, norm, 3x3, norm. */
    private record Neck(Conv2d narrow, ChannelNorm norm, Conv2d mix, ChannelNorm lastNorm) {
        static Neck of(Weights weights, long in, long out) {
            return new Neck(
                    Conv2d.withoutBias(weights.at(0), in, out, 1, 1, 0),
                    ChannelNorm.of(weights.at(1), out),
                    Conv2d.withoutBias(weights.at(2), out, out, 3, 1, 1),
                    ChannelNorm.of(weights.at(3), out));
        }

        Tensor forward(Tensor x) {
            return lastNorm.forward(mix.forward(norm.forward(narrow.forward(x))));
        }
    }

    private static final class Block {
        private final LayerNorm norm1;
        private final Attention attention;
        private final LayerNorm norm2;
        private final Linear mlpIn;
        private final Linear mlpOut;
        private final long window; // 0: over the whole picture

        Block(Weights weights, SamConfig config, boolean windowed) {
            int width = config.embedDim();
            window = windowed ? config.windowSize() : 0;
            norm1 = LayerNorm.of(weights.at("norm1"), width, NORM_EPS);
            attention = new Attention(weights.at("attn"), config, windowed ? config.windowSize() : config.grid());
            norm2 = LayerNorm.of(weights.at("norm2"), width, NORM_EPS);
            mlpIn = Linear.of(weights.at("mlp").at("lin1"), width, config.mlpDim());
            mlpOut = Linear.of(weights.at("mlp").at("lin2"), config.mlpDim(), width);
        }

        /** [B, H, W, C] → the same. */
        Tensor forward(Tensor x) {
            Tensor normed = norm1.forward(x);
            Tensor mixed = window == 0
                    ? attention.forward(normed)
                    : joined(attention.forward(windows(normed)), x.size(0), x.size(1), x.size(2));
            Tensor attended = x.add(mixed);
            return attended.add(mlpOut.forward(torch.gelu(mlpIn.forward(norm2.forward(attended)))));
        }

        /**
         * [B, H, W, C] → [B · windows, window, window, C]. Zeros fill the last windows, and are attended to like patches.
         */
        private Tensor windows(Tensor x) {
            long down = padded(x.size(1));
            long across = padded(x.size(2));
            long[] padding = {0, 0, 0, across - x.size(2), 0, down - x.size(1)};
            return torch.constant_pad_nd(x, padding)
                    .reshape(x.size(0), down / window, window, across / window, window, x.size(3))
                    .permute(0, 1, 3, 2, 4, 5)
                    .reshape(-1, window, window, x.size(3));
        }

        /** The inverse of {@link #windows}. */
        private Tensor joined(Tensor windows, long batch, long height, long width) {
            long down = padded(height);
            long across = padded(width);
            return windows.reshape(batch, down / window, across / window, window, window, windows.size(3))
                    .permute(0, 1, 3, 2, 4, 5)
                    .reshape(batch, down, across, windows.size(3))
                    .narrow(1, 0, height)
                    .narrow(2, 0, width);
        }

        private long padded(long size) {
            return Math.ceilDiv(size, window) * window;
        }
    }

    /**
     * Self-attention over a square of patches; a score also gets what the query says to the distances down and across.
     * One head after the other, for the scores of one head of the whole picture are 67 MB already.
     */
    private static final class Attention {
        private final int heads;
        private final int side;
        private final Linear qkv;
        private final Linear proj;
        private final Tensor relPosH; // [2 · side − 1, headDim], by distance from −(side − 1)
        private final Tensor relPosW;

        Attention(Weights weights, SamConfig config, int side) {
            int width = config.embedDim();
            int headDim = width / config.numHeads();
            this.side = side;
            heads = config.numHeads();
            qkv = Linear.of(weights.at("qkv"), width, 3L * width);
            proj = Linear.of(weights.at("proj"), width, width);
            relPosH = weights.tensor("rel_pos_h", 2L * side - 1, headDim);
            relPosW = weights.tensor("rel_pos_w", 2L * side - 1, headDim);
        }

        /** [B, side, side, C] → the same. */
        Tensor forward(Tensor x) {
            long batch = x.size(0);
            Tensor split = qkv.forward(x) // [B, side, side, 3 · C]
                    .reshape(batch, (long) side * side, 3, heads, -1)
                    .permute(2, 3, 0, 1, 4); // [3, heads, B, side², headDim]
            Tensor distances = distances(x);
            Tensor down = byPair(relPosH, distances);
            Tensor across = byPair(relPosW, distances);
            Tensor[] mixed = new Tensor[heads];
            for (int head = 0; head < heads; head++) {
                Tensor query = split.select(0, 0).select(0, head);
                Tensor key = split.select(0, 1).select(0, head);
                Tensor value = split.select(0, 2).select(0, head);
                mixed[head] = Scope.of(() -> attend(query, key, value, down, across));
            }
            return proj.forward(Ops.stack(2, mixed).reshape(batch, side, side, -1));
        }

        /** [B, side², headDim] each → the same. */
        private Tensor attend(Tensor query, Tensor key, Tensor value, Tensor down, Tensor across) {
            Tensor grid = query.reshape(-1, side, side, query.size(2)); // [B, y, x, headDim]
            Tensor byRow = grid.matmul(down); // [B, y, x, key's y]
            Tensor byColumn = grid.transpose(1, 2).matmul(across).transpose(1, 2); // [B, y, x, key's x]
            Tensor bias = byRow.unsqueeze(4).add(byColumn.unsqueeze(3)).reshape(-1, 1, query.size(1), key.size(1));
            double scale = 1 / Math.sqrt(query.size(2));
            return Ops.attention(query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), bias, scale)
                    .squeeze(1);
        }

        /** The row of a table for each pair of a query's and a key's position: [side²]. */
        private Tensor distances(Tensor like) {
            long[] rows = new long[side * side];
            for (int query = 0; query < side; query++) {
                for (int key = 0; key < side; key++) {
                    rows[query * side + key] = query - key + side - 1;
                }
            }
            return Ops.tensor(rows, rows.length).to(like.device(), ScalarType.Long);
        }

        /** [2 · side − 1, headDim] → [query's position, headDim, key's position]. */
        private Tensor byPair(Tensor table, Tensor distances) {
            return table.index_select(0, distances).reshape(side, side, -1).transpose(1, 2);
        }
    }
}
