package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Fits {@link LatentColours} to videos while they are made: listens for the latents that are decoded, is given the frames
 * they became, and solves the least squares of a latent's channels to the mean colour of the pixels and frames it stands
 * for. Several videos of different colours make a better fit than one. Owns the latents of one video until {@link #add} or
 * {@link #close}.
 */
public final class LatentColoursFit implements GenerationListener, AutoCloseable {
    private static final int COLOURS = 3;
    /** Latents for each unknown, below which the fit would be one of chance. */
    private static final int LEAST = 10;
    /** Keeps channels that never vary from having any weight, as a share of the mean square. */
    private static final double RIDGE = 1e-9;

    private @Nullable Tensor latents;
    /** Sums of products of a latent's channels and 1: [C + 1, C + 1]. */
    private double[][] squares = new double[0][];
    /** Sums of products of those and the colours: [C + 1, 3]. */
    private double[][] products = new double[0][];

    private final double[] colours = new double[COLOURS];
    private final double[] colourSquares = new double[COLOURS];
    private int videos;

    @Override
    public void denoised(Tensor scaled) {
        close(); // of a video that nobody added
        latents = Scope.retain(Scope.of(() -> scaled.cpu().to(ScalarType.Float)));
    }

    /**
     * Takes in the video whose latents were heard of last.
     *
     * @param frames all of them, as they were decoded: 4 (f − 1) + 1 for f latent frames
     */
    public void add(List<Picture> frames) {
        Tensor heard = latents;
        if (heard == null) {
            throw new IllegalStateException("no latents were heard of since the last video");
        }
        int channels = Math.toIntExact(heard.size(2));
        if (videos == 0) {
            squares = new double[channels + 1][channels + 1];
            products = new double[channels + 1][COLOURS];
        }
        try (Scope scope = Scope.inference()) {
            float[] values = Ops.floats(heard.select(0, 0).permute(0, 2, 3, 1).contiguous()); // [f, h, w, C]
            float[] means = Ops.floats(means(frames, heard)); // [f, h, w, 3]
            for (int i = 0; i < means.length / COLOURS; i++) {
                add(values, i * channels, means, i * COLOURS);
            }
        }
        videos++;
        close();
    }

    /** The mean colour, 0 … 1, of the pixels and frames that each of {@code heard} latents stands for: [f, h, w, 3]. */
    private static Tensor means(List<Picture> frames, Tensor heard) {
        List<Tensor> means = new ArrayList<>();
        for (int t = 0; t < heard.size(1); t++) {
            int first = t == 0 ? 0 : 1 + (t - 1) * VideoSize.FRAMES_PER_LATENT;
            int end = t == 0 ? 1 : first + VideoSize.FRAMES_PER_LATENT;
            Tensor pixels = Picture.stack(frames.subList(first, end)).to(ScalarType.Float); // [n, H, W, 3]
            long height = heard.size(3);
            long width = heard.size(4);
            Tensor cells = pixels.reshape(
                    end - first, height, pixels.size(1) / height, width, pixels.size(2) / width, COLOURS);
            means.add(Ops.scale(cells.mean(0, 2, 4), 1 / 255.0)); // [h, w, 3]
        }
        return Ops.stack(0, means.toArray(Tensor[]::new)).contiguous();
    }

    private void add(float[] values, int at, float[] means, int mean) {
        int channels = squares.length - 1;
        for (int i = 0; i <= channels; i++) {
            double x = i == channels ? 1 : values[at + i];
            for (int j = 0; j <= channels; j++) {
                squares[i][j] += x * (j == channels ? 1 : values[at + j]);
            }
            for (int c = 0; c < COLOURS; c++) {
                products[i][c] += x * means[mean + c];
            }
        }
        for (int c = 0; c < COLOURS; c++) {
            colours[c] += means[mean + c];
            colourSquares[c] += (double) means[mean + c] * means[mean + c];
        }
    }

    /** How many videos were taken in. */
    public int videos() {
        return videos;
    }

    /**
     * What was found.
     *
     * @throws InvalidInputException when there were too few latents for a fit
     */
    public LatentColours colours() {
        int unknowns = squares.length;
        double count = videos == 0 ? 0 : squares[unknowns - 1][unknowns - 1];
        if (videos == 0 || count < LEAST * unknowns) {
            throw new InvalidInputException(Math.round(count) + " latents of " + videos + " videos are too few to fit "
                    + Math.max(1, unknowns) + " numbers for each colour; make larger videos, or more of them");
        }
        double[][] weights = solved();
        double unexplained = 0;
        double all = 0;
        for (int c = 0; c < COLOURS; c++) {
            all += colourSquares[c] - colours[c] * colours[c] / count;
            unexplained += colourSquares[c];
            for (int i = 0; i < unknowns; i++) {
                unexplained -= 2 * weights[c][i] * products[i][c];
                for (int j = 0; j < unknowns; j++) {
                    unexplained += weights[c][i] * squares[i][j] * weights[c][j];
                }
            }
        }
        double explained = all > 0 ? 1 - unexplained / all : 0;
        return new LatentColours(
                channels(weights[0]),
                channels(weights[1]),
                channels(weights[2]),
                List.of(weights[0][unknowns - 1], weights[1][unknowns - 1], weights[2][unknowns - 1]),
                Math.round(explained * 1e4) / 1e4);
    }

    private static List<Double> channels(double[] weights) {
        List<Double> list = new ArrayList<>();
        for (int i = 0; i < weights.length - 1; i++) {
            list.add(weights[i]);
        }
        return list;
    }

    /** [3, C + 1], by Gauss' elimination: the matrix is symmetric and, with the ridge, positive. */
    private double[][] solved() {
        int n = squares.length;
        double trace = 0;
        for (int i = 0; i < n; i++) {
            trace += squares[i][i];
        }
        double[][] rows = new double[n][n + COLOURS];
        for (int i = 0; i < n; i++) {
            System.arraycopy(squares[i], 0, rows[i], 0, n);
            System.arraycopy(products[i], 0, rows[i], n, COLOURS);
            rows[i][i] += RIDGE * trace / n;
        }
        for (int i = 0; i < n; i++) {
            for (int below = 0; below < n; below++) {
                double factor = below == i ? 0 : rows[below][i] / rows[i][i];
                for (int j = i; j < n + COLOURS && factor != 0; j++) {
                    rows[below][j] -= factor * rows[i][j];
                }
            }
        }
        double[][] weights = new double[COLOURS][n];
        for (int c = 0; c < COLOURS; c++) {
            for (int i = 0; i < n; i++) {
                weights[c][i] = rows[i][n + c] / rows[i][i];
            }
        }
        return weights;
    }

    @Override
    public void close() {
        if (latents != null) {
            latents.close();
            latents = null;
        }
    }
}
