package ai.ingredients.sam;

import ai.ingredients.nn.LayerNorm;
import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Tokens and picture look at each other in turn.
 *
 * <p>Source: the official {@code modeling/transformer.py}. Normalisation comes after each sum, places are added to
 * queries and keys wherever they are compared, and the first block's self-attention replaces the tokens instead of adding
 * to them.
 */
final class TwoWayTransformer {
    private static final double NORM_EPS = 1e-5;

    private final List<Block> blocks = new ArrayList<>();
    private final Attention lastAttention;
    private final LayerNorm lastNorm;

    TwoWayTransformer(Weights weights, SamConfig config) {
        for (int i = 0; i < config.decoder().depth(); i++) {
            blocks.add(new Block(weights.at("layers").at(i), config, i == 0));
        }
        lastAttention = Attention.across(weights.at("final_attn_token_to_image"), config);
        lastNorm = norm(weights.at("norm_final_attn"), config);
    }

    /**
     * What became of tokens and picture.
     *
     * @param tokens [B, N, promptDim]
     * @param cells [B, grid², promptDim]
     */
    record State(Tensor tokens, Tensor cells) {}

    /**
     * Runs the blocks.
     *
     * @param tokens [B, N, promptDim], which also say their place
     * @param cells [B, grid², promptDim]
     * @param cellPlaces [1, grid², promptDim]
     */
    State forward(Tensor tokens, Tensor cells, Tensor cellPlaces) {
        State state = new State(tokens, cells);
        for (Block block : blocks) {
            state = block.forward(state, tokens, cellPlaces);
        }
        State last = state;
        Tensor answered = Scope.of(() -> {
            Tensor seen = lastAttention.forward(
                    last.tokens().add(tokens), last.cells().add(cellPlaces), last.cells());
            return lastNorm.forward(last.tokens().add(seen));
        });
        return new State(answered, last.cells());
    }

    private static LayerNorm norm(Weights weights, SamConfig config) {
        return LayerNorm.of(weights, config.promptDim(), NORM_EPS);
    }

    private static final class Block {
        private final boolean first;
        private final Attention self;
        private final LayerNorm norm1;
        private final Attention tokenToImage;
        private final LayerNorm norm2;
        private final Linear mlpIn;
        private final Linear mlpOut;
        private final LayerNorm norm3;
        private final Attention imageToToken;
        private final LayerNorm norm4;

        Block(Weights weights, SamConfig config, boolean first) {
            this.first = first;
            self = Attention.within(weights.at("self_attn"), config);
            norm1 = norm(weights.at("norm1"), config);
            tokenToImage = Attention.across(weights.at("cross_attn_token_to_image"), config);
            norm2 = norm(weights.at("norm2"), config);
            int hidden = config.decoder().mlpDim();
            mlpIn = Linear.of(weights.at("mlp").at("lin1"), config.promptDim(), hidden);
            mlpOut = Linear.of(weights.at("mlp").at("lin2"), hidden, config.promptDim());
            norm3 = norm(weights.at("norm3"), config);
            imageToToken = Attention.across(weights.at("cross_attn_image_to_token"), config);
            norm4 = norm(weights.at("norm4"), config);
        }

        State forward(State state, Tensor tokenPlaces, Tensor cellPlaces) {
            Tensor placedCells = state.cells().add(cellPlaces);
            Tensor tokens = Scope.of(() -> {
                Tensor talked = norm1.forward(talked(state.tokens(), tokenPlaces));
                Tensor seen = tokenToImage.forward(talked.add(tokenPlaces), placedCells, state.cells());
                Tensor looked = norm2.forward(talked.add(seen));
                return norm3.forward(
                        looked.add(mlpOut.forward(mlpIn.forward(looked).relu())));
            });
            Tensor cells = Scope.of(() -> {
                Tensor told = imageToToken.forward(placedCells, tokens.add(tokenPlaces), tokens);
                return norm4.forward(state.cells().add(told));
            });
            return new State(tokens, cells);
        }

        private Tensor talked(Tensor tokens, Tensor places) {
            if (first) {
                return self.forward(tokens, tokens, tokens);
            }
            Tensor placed = tokens.add(places);
            return tokens.add(self.forward(placed, placed, tokens));
        }
    }

    /** Attention in {@code inner} of the {@code width} channels. */
    private record Attention(int heads, Linear toQuery, Linear toKey, Linear toValue, Linear out) {
        static Attention within(Weights weights, SamConfig config) {
            return of(weights, config, config.promptDim());
        }

        static Attention across(Weights weights, SamConfig config) {
            return of(weights, config, config.promptDim() / SamConfig.DOWNSAMPLE);
        }

        private static Attention of(Weights weights, SamConfig config, long inner) {
            int width = config.promptDim();
            return new Attention(
                    config.decoder().numHeads(),
                    Linear.of(weights.at("q_proj"), width, inner),
                    Linear.of(weights.at("k_proj"), width, inner),
                    Linear.of(weights.at("v_proj"), width, inner),
                    Linear.of(weights.at("out_proj"), inner, width));
        }

        /** [B, N, width], [B, M, width] twice → [B, N, width]. */
        Tensor forward(Tensor query, Tensor key, Tensor value) {
            Tensor mixed = Ops.attention(
                    split(toQuery.forward(query)), split(toKey.forward(key)), split(toValue.forward(value)));
            return out.forward(mixed.transpose(1, 2).flatten(2, 3));
        }

        /** [B, N, inner] → [B, heads, N, inner / heads]. */
        private Tensor split(Tensor x) {
            return x.unflatten(-1, heads, -1).transpose(1, 2);
        }
    }
}
