package ai.ingredients.sam;

import ai.ingredients.nn.Linear;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * From an encoded picture and encoded prompts to masks: tokens for every mask and one for their quality look at the picture
 * with the prompts; each mask token then says how the enlarged picture's channels add up to its mask.
 *
 * <p>Source: the official {@code modeling/mask_decoder.py}.
 */
final class MaskDecoder {
    private final TwoWayTransformer transformer;
    private final Tensor iouToken; // [1, promptDim]
    private final Tensor maskTokens; // [masks, promptDim]
    private final Enlarge enlargeFirst;
    private final ChannelNorm enlargeNorm;
    private final Enlarge enlargeSecond;
    private final List<Mlp> hypernetworks = new ArrayList<>();
    private final Mlp iouHead;

    MaskDecoder(Weights weights, SamConfig config) {
        int width = config.promptDim();
        SamConfig.Decoder sizes = config.decoder();
        int masks = sizes.multimaskOutputs() + 1;
        transformer = new TwoWayTransformer(weights.at("transformer"), config);
        iouToken = weights.at("iou_token").tensor("weight", 1, width);
        maskTokens = weights.at("mask_tokens").tensor("weight", masks, width);
        Weights upscaling = weights.at("output_upscaling");
        enlargeFirst = Enlarge.of(upscaling.at(0), width, width / 4);
        enlargeNorm = ChannelNorm.of(upscaling.at(1), width / 4);
        enlargeSecond = Enlarge.of(upscaling.at(3), width / 4, width / 8);
        for (int i = 0; i < masks; i++) {
            hypernetworks.add(Mlp.of(weights.at("output_hypernetworks_mlps").at(i), 3, width, width, width / 8));
        }
        iouHead =
                Mlp.of(weights.at("iou_prediction_head"), sizes.iouHeadDepth(), width, sizes.iouHeadHiddenDim(), masks);
    }

    /**
     * All masks of every prompt: the answer to a clear prompt first, then those to an ambiguous one.
     *
     * @param logits [B, masks, 4 · grid, 4 · grid]
     * @param iouScores [B, masks]
     */
    record Decoded(Tensor logits, Tensor iouScores) {}

    /**
     * Decodes the prompts about one picture, or about one each.
     *
     * @param picture [1 or B, promptDim, grid, grid]
     * @param places [1, promptDim, grid, grid]
     */
    Decoded forward(Tensor picture, Tensor places, PromptEncoder.Encoded prompts) {
        long batch = prompts.sparse().size(0);
        long grid = picture.size(2);
        Tensor own = Ops.cat(0, iouToken, maskTokens).unsqueeze(0).expand(batch, -1, -1);
        Tensor tokens = Ops.cat(1, own, prompts.sparse()); // [B, 1 + masks + prompt, promptDim]
        TwoWayTransformer.State state = transformer.forward(tokens, cells(picture.add(prompts.dense())), cells(places));
        Tensor enlarged = Scope.of(() -> {
            Tensor cells = state.cells().transpose(1, 2).unflatten(2, grid, grid); // [B, promptDim, grid, grid]
            Tensor twice = torch.gelu(enlargeNorm.forward(enlargeFirst.forward(cells)));
            return torch.gelu(enlargeSecond.forward(twice)); // [B, promptDim / 8, 4 · grid, 4 · grid]
        });
        Tensor[] sums = new Tensor[hypernetworks.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = hypernetworks.get(i).forward(state.tokens().select(1, 1 + i)); // [B, promptDim / 8]
        }
        Tensor logits = Ops.stack(1, sums).matmul(enlarged.flatten(2, 3)).unflatten(2, 4 * grid, 4 * grid);
        return new Decoded(logits, iouHead.forward(state.tokens().select(1, 0)));
    }

    /** [B, C, H, W] → [B, H · W, C]. */
    private static Tensor cells(Tensor map) {
        return map.flatten(2, 3).transpose(1, 2);
    }

    /** Linear layers with ReLU between them. */
    private record Mlp(List<Linear> layers) {
        static Mlp of(Weights weights, int depth, long in, long hidden, long out) {
            List<Linear> layers = new ArrayList<>();
            for (int i = 0; i < depth; i++) {
                long width = i == 0 ? in : hidden;
                layers.add(Linear.of(weights.at("layers").at(i), width, i == depth - 1 ? out : hidden));
            }
            return new Mlp(layers);
        }

        Tensor forward(Tensor x) {
            Tensor hidden = x;
            for (Linear layer : layers.subList(0, layers.size() - 1)) {
                hidden = layer.forward(hidden).relu();
            }
            return layers.getLast().forward(hidden);
        }
    }

    /** A transposed 2x2 convolution of stride 2: every pixel becomes four. */
    private record Enlarge(Tensor weight, Tensor bias) {
        static Enlarge of(Weights weights, long in, long out) {
            return new Enlarge(weights.tensor("weight", in, out, 2, 2), weights.tensor("bias", out));
        }

        Tensor forward(Tensor x) {
            long[] zero = {0, 0};
            return torch.conv_transpose2d(x, weight, Ops.optional(bias), new long[] {2, 2}, zero, zero, 1, 1, 1);
        }
    }
}
