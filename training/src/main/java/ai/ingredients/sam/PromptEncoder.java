package ai.ingredients.sam;

import ai.ingredients.nn.Conv2d;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The prompt half of {@link Sam}: points and corners of boxes become tokens, masks become a map added to the picture's.
 * A place is said by sines and cosines of random frequencies that the checkpoint holds; these are computed in fp32.
 *
 * <p>Source: the official {@code modeling/prompt_encoder.py}.
 */
final class PromptEncoder {
    private static final double CENTER = 0.5; // of a pixel
    private static final int NOT_A_POINT = -1;

    private final SamConfig config;
    private final Compute compute;
    private final Tensor frequencies; // [2, promptDim / 2]
    /** Added to a place: not part of the thing, part of it, top left corner, bottom right corner; [1, promptDim] each. */
    private final List<Tensor> kinds = new ArrayList<>();

    private final Tensor notAPoint; // [1, promptDim]
    private final Tensor noMask; // [1, promptDim]
    private final Conv2d maskFirst;
    private final ChannelNorm maskFirstNorm;
    private final Conv2d maskSecond;
    private final ChannelNorm maskSecondNorm;
    private final Conv2d maskOut;

    PromptEncoder(Weights weights, SamConfig config) {
        this.config = config;
        compute = weights.compute();
        int width = config.promptDim();
        frequencies = weights.at("pe_layer").in(DType.FP32).buffer("positional_encoding_gaussian_matrix", 2, width / 2);
        for (int i = 0; i < 4; i++) {
            kinds.add(weights.at("point_embeddings").at(i).tensor("weight", 1, width));
        }
        notAPoint = weights.at("not_a_point_embed").tensor("weight", 1, width);
        noMask = weights.at("no_mask_embed").tensor("weight", 1, width);
        Weights mask = weights.at("mask_downscaling");
        int hidden = config.maskInChans();
        maskFirst = Conv2d.of(mask.at(0), 1, hidden / 4, 2, 2, 0);
        maskFirstNorm = ChannelNorm.of(mask.at(1), hidden / 4);
        maskSecond = Conv2d.of(mask.at(3), hidden / 4, hidden, 2, 2, 0);
        maskSecondNorm = ChannelNorm.of(mask.at(4), hidden);
        maskOut = Conv2d.of(mask.at(6), hidden, width, 1, 1, 0);
    }

    /**
     * Encoded prompts.
     *
     * @param sparse [B, tokens, promptDim], points first
     * @param dense [B, promptDim, grid, grid]
     */
    record Encoded(Tensor sparse, Tensor dense) {}

    Encoded forward(SamPrompts prompts) {
        long batch = prompts.count();
        Tensor points = prompts.points();
        Tensor labels = prompts.labels();
        Tensor boxes = prompts.boxes();
        Tensor masks = prompts.masks();
        Tensor sparse = torch.zeros(new long[] {batch, 0, config.promptDim()}, compute.options());
        if (points != null && labels != null) {
            sparse = Ops.cat(1, sparse, Scope.of(() -> points(points, labels, boxes == null)));
        }
        if (boxes != null) {
            sparse = Ops.cat(1, sparse, Scope.of(() -> boxes(boxes)));
        }
        if (masks != null) {
            return new Encoded(sparse, Scope.of(() -> masks(compute.place(masks))));
        }
        int grid = config.grid();
        return new Encoded(sparse, noMask.reshape(1, -1, 1, 1).expand(batch, -1, grid, grid));
    }

    /** The places of the picture's cells, [1, promptDim, grid, grid]. */
    Tensor grid() {
        return Scope.of(() -> {
            int grid = config.grid();
            float[] centers = new float[2 * grid * grid];
            for (int i = 0; i < grid * grid; i++) {
                centers[2 * i] = (i % grid + 0.5f) / grid;
                centers[2 * i + 1] = (i / grid + 0.5f) / grid;
            }
            Tensor places = fp32().place(Ops.tensor(centers, 1, grid, grid, 2));
            return compute.place(encoded(places).permute(0, 3, 1, 2));
        });
    }

    private Tensor points(Tensor coordinates, Tensor labels, boolean pad) {
        Tensor places = Ops.plus(coordinates, CENTER);
        Tensor known = labels.to(ScalarType.Float);
        if (pad) { // the place of a box that is not there
            places = Ops.cat(1, places, places.narrow(1, 0, 1).mul(new Scalar(0)));
            known = Ops.cat(1, known, Ops.plus(known.narrow(1, 0, 1).mul(new Scalar(0)), NOT_A_POINT));
        }
        Tensor missing = is(NOT_A_POINT, known); // [B, N, 1]
        Tensor place = compute.place(placed(places)).mul(Ops.plus(missing.neg(), 1));
        return place.add(missing.mul(notAPoint))
                .add(is(0, known).mul(kinds.get(0)))
                .add(is(1, known).mul(kinds.get(1)));
    }

    private Tensor is(int label, Tensor labels) {
        return compute.place(labels.eq(new Scalar(label)).unsqueeze(-1));
    }

    private Tensor boxes(Tensor boxes) {
        Tensor corners = compute.place(placed(Ops.plus(boxes, CENTER).reshape(-1, 2, 2))); // [B, 2, promptDim]
        return corners.add(Ops.cat(0, kinds.get(2), kinds.get(3)));
    }

    private Tensor masks(Tensor masks) {
        Tensor first = torch.gelu(maskFirstNorm.forward(maskFirst.forward(masks)));
        Tensor second = torch.gelu(maskSecondNorm.forward(maskSecond.forward(first)));
        return maskOut.forward(second);
    }

    /** Pixels of the input → their encoding; [B, N, 2] → [B, N, promptDim], fp32. */
    private Tensor placed(Tensor pixels) {
        return encoded(fp32().place(pixels).div(new Scalar((float) config.imageSize())));
    }

    /** Parts of the input's side → their encoding; [..., 2] → [..., promptDim]. */
    private Tensor encoded(Tensor places) {
        Tensor angles = Ops.scale(Ops.plus(Ops.scale(places, 2), -1).matmul(frequencies), 2 * Math.PI);
        return Ops.cat(-1, angles.sin(), angles.cos());
    }

    private Compute fp32() {
        return compute.with(DType.FP32);
    }
}
