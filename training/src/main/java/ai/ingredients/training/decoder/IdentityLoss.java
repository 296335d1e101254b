package ai.ingredients.training.decoder;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.IResNet;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.weights.Loaded;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * How unlike the true faces the decoded ones are: 1 − cosine of what a recogniser says of both, cut out alike by the true
 * landmarks. Gradients go through the recogniser and the cutting to the decoded pictures.
 *
 * <p>The recogniser is the one that conditions the transformer, never the one that judges results. Owns its weights.
 */
final class IdentityLoss implements AutoCloseable {
    private static final long BILINEAR = 0;
    private static final long BORDER = 1;
    private static final double LEAST_NORM = 1e-8;

    private final Loaded<IResNet> loaded;
    private final IResNet network;

    private IdentityLoss(Loaded<IResNet> loaded) {
        this.loaded = loaded;
        network = loaded.model();
    }

    /**
     * A face to compare.
     *
     * @param picture which of the pictures
     * @param matrix from the picture to the aligned face, 2x3 by rows, see {@link FaceAligner#matrix}
     */
    record Place(int picture, double[] matrix) {}

    /**
     * @param folder with {@code config.json} and safetensors of an IResNet
     * @throws InvalidInputException when there is another kind of recogniser
     */
    static IdentityLoss open(Path folder, Compute compute) {
        Path file = folder.resolve("config.json");
        if (!Files.exists(file)) {
            throw new InvalidInputException(
                    file + ": identity-weight needs the gradients of a recogniser in safetensors, "
                            + "and there is none; set decoder.identity-weight to 0");
        }
        IResNetConfig config = IResNetConfig.read(file);
        return new IdentityLoss(Loaded.open(folder, compute.with(DType.FP32), weights -> new IResNet(weights, config)));
    }

    /**
     * @param made fp32 [P, 3, H, W] in [-1, 1]
     * @param wanted the truth, of the same shape
     * @param places faces in them, at least one
     * @return a scalar, 0 to 2
     */
    Tensor of(Tensor made, Tensor wanted, List<Place> places) {
        Tensor grids = grids(places, (int) made.size(2), (int) made.size(3)).to(made.device(), ScalarType.Float);
        long[] at = places.stream().mapToLong(Place::picture).toArray();
        Tensor pictures = Ops.tensor(at, at.length).to(made.device(), ScalarType.Long);
        Tensor seen = network.forward(cut(made, pictures, grids)); // [n, d]
        Tensor goal = network.forward(cut(wanted, pictures, grids)).detach();
        return Ops.plus(
                Ops.scale(torch.cosine_similarity(seen, goal, 1, LEAST_NORM).mean(), -1), 1);
    }

    private static Tensor cut(Tensor pictures, Tensor at, Tensor grids) {
        return torch.grid_sampler(pictures.index_select(0, at), grids, BILINEAR, BORDER, false);
    }

    /** Where each pixel of the aligned faces lies, in the units of {@code grid_sample}: [n, side, side, 2]. */
    private Tensor grids(List<Place> places, int height, int width) {
        int side = network.config().inputSize();
        double scale = (double) FaceAligner.SIZE / side;
        float[] values = new float[places.size() * side * side * 2];
        int next = 0;
        for (Place place : places) {
            double[] m = place.matrix;
            double det = m[0] * m[4] - m[1] * m[3];
            for (int v = 0; v < side; v++) {
                for (int u = 0; u < side; u++) {
                    double right = (u + 0.5) * scale - 0.5 - m[2];
                    double down = (v + 0.5) * scale - 0.5 - m[5];
                    double x = (m[4] * right - m[1] * down) / det;
                    double y = (m[0] * down - m[3] * right) / det;
                    values[next++] = (float) ((2 * x + 1) / width - 1);
                    values[next++] = (float) ((2 * y + 1) / height - 1);
                }
            }
        }
        return Ops.tensor(values, places.size(), side, side, 2);
    }

    /**
     * Which frames of a stretch of a clip are looked at.
     *
     * @param count of the stretch
     * @param first of those that are looked at
     * @param every only each so many-th
     */
    record Frames(int count, int first, int every) {}

    /**
     * What was cut out of a clip, pixels.
     *
     * @param left cut off
     * @param top cut off
     * @param width what is left; faces whose middle is not inside are left out
     * @param height what is left
     */
    record Cut(int left, int top, int width, int height) {}

    /**
     * The faces in a stretch of a clip.
     *
     * @param matrices [N, F, 6], NaN where somebody is not seen
     * @param before pictures before this stretch's
     */
    static List<Place> places(Tensor matrices, Frames frames, Cut cut, int before) {
        List<Place> places = new ArrayList<>();
        int all = (int) matrices.size(1);
        float[] values = Ops.floats(matrices);
        for (int person = 0; person < matrices.size(0); person++) {
            for (int frame = frames.first; frame < frames.count; frame += frames.every) {
                Place place = place(values, (person * all + frame) * 6, cut, before + frame);
                if (place != null) {
                    places.add(place);
                }
            }
        }
        return places;
    }

    private static @Nullable Place place(float[] values, int at, Cut cut, int picture) {
        double[] m = new double[6];
        for (int i = 0; i < m.length; i++) {
            m[i] = values[at + i];
        }
        if (Double.isNaN(m[0])) {
            return null;
        }
        m[2] += m[0] * cut.left + m[1] * cut.top;
        m[5] += m[3] * cut.left + m[4] * cut.top;
        double det = m[0] * m[4] - m[1] * m[3];
        double right = FaceAligner.SIZE / 2.0 - m[2];
        double down = FaceAligner.SIZE / 2.0 - m[5];
        double x = (m[4] * right - m[1] * down) / det;
        double y = (m[0] * down - m[3] * right) / det;
        double half = FaceAligner.SIZE / 4.0 / Math.sqrt(det); // eyes to mouth, and some more
        boolean inside = x - half >= 0 && x + half <= cut.width && y - half >= 0 && y + half <= cut.height;
        return inside ? new Place(picture, m) : null;
    }

    @Override
    public void close() {
        loaded.close();
    }
}
