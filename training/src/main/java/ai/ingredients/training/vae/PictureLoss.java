package ai.ingredients.training.vae;

import ai.ingredients.tensor.Ops;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far pictures are from what they should be: the mean absolute error of the pixels, and that of their differences to
 * the neighbours right and below, which keeps edges sharp. All tensors belong to the innermost scope.
 *
 * @param total what is minimised
 * @param pixels weighted absolute error
 * @param edges absolute error of the differences
 * @param squares mean squared error, for the signal-to-noise ratio
 */
public record PictureLoss(Tensor total, Tensor pixels, Tensor edges, Tensor squares) {
    /** Values are in [-1, 1]: the signal is 2 wide. */
    private static final double SIGNAL = 4;

    /**
     * @param made [B, 3, F, H, W], what the decoder says, values in [-1, 1]
     * @param wanted of the same shape
     * @param weight how much every pixel counts, [B, 1, F, H, W] or anything that broadcasts to it
     * @param edgeWeight of the edges beside the pixels
     */
    public static PictureLoss of(Tensor made, Tensor wanted, Tensor weight, double edgeWeight) {
        Tensor error = made.to(ScalarType.Float).sub(wanted.to(ScalarType.Float));
        Tensor pixels = error.abs().mul(weight).mean();
        Tensor edges = differences(error, 4)
                .abs()
                .mean()
                .add(differences(error, 3).abs().mean());
        return new PictureLoss(
                pixels.add(Ops.scale(edges, edgeWeight)),
                pixels,
                edges,
                error.square().mean());
    }

    private static Tensor differences(Tensor x, long dim) {
        long size = x.size(dim);
        return x.narrow(dim, 1, size - 1).sub(x.narrow(dim, 0, size - 1));
    }

    /** The parts by name, for metrics. */
    public Map<String, Tensor> parts() {
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put("pixels", pixels);
        parts.put("edges", edges);
        parts.put("mse", squares);
        return parts;
    }

    /** The signal-to-noise ratio in dB of pictures in [-1, 1] with this mean squared error. */
    public static double decibels(double meanSquare) {
        return 10 * Math.log10(SIGNAL / meanSquare);
    }
}
