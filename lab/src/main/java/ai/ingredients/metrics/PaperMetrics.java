package ai.ingredients.metrics;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The official metric scripts bug for bug, for numbers that can stand beside the paper's.
 *
 * <p>Source: {@code metric/face_sim_fid.py} and {@code metric/clip_score.py} of the reference. Of a video they take
 * {@link #FRAMES} frames; of a photo the largest face, of a frame the two largest; they crop a face with ArcFace's five
 * points to 224x224. FaceSim is the mean over frames of {@link #bestPairCosine} of ArcFace embeddings, FID the mean of
 * {@link #bestPairFid} of {@link FidFeatures} with {@link FidFeatures.Normalisation#PAPER}, CLIPScore is
 * {@link #clipScore}. A photo or a frame without a face ends the official script.
 */
public final class PaperMetrics {
    /** Frames taken of a video. */
    public static final int FRAMES = 24;

    private PaperMetrics() {}

    /**
     * Which frames of {@code total} CLIPScore looks at: ⌊i · total / count⌋, which never reaches the end.
     *
     * @return {@code count} indices from 0, with repetitions when there are fewer frames
     */
    public static int[] clipFrames(int total, int count) {
        checkFrames(total, count);
        int[] frames = new int[count];
        for (int i = 0; i < count; i++) {
            frames[i] = (int) ((double) ((long) i * total) / count);
        }
        return frames;
    }

    /**
     * Which frames of {@code total} FaceSim and FID look at: ⌊linspace(0, total − 1, count)⌋, first and last included.
     *
     * @return as {@link #clipFrames}
     */
    public static int[] faceFrames(int total, int count) {
        checkFrames(total, count);
        int[] frames = new int[count];
        double step = (double) (total - 1) / (count - 1); // numpy's: rounded once, then multiplied
        for (int i = 1; i < count; i++) {
            frames[i] = i == count - 1 ? total - 1 : (int) (i * step);
        }
        return frames;
    }

    private static void checkFrames(int total, int count) {
        if (total < 1 || count < 1) {
            throw new InvalidInputException(
                    "cannot take " + count + " frames of " + total + "; expected at least 1 of each");
        }
    }

    /**
     * The best cosine of any photo with any face of a frame: one good face hides the lost ones.
     *
     * @param photos embeddings, of any lengths
     * @param faces embeddings of the same width
     * @return in [−1, 1]; sums in fp32 as the official loop over numpy's numbers
     */
    public static double bestPairCosine(List<float[]> photos, List<float[]> faces) {
        checkPairs(photos, faces);
        double best = Double.NEGATIVE_INFINITY;
        for (float[] photo : photos) {
            for (float[] face : faces) {
                double lengths = Math.sqrt(dot(photo, photo)) * Math.sqrt(dot(face, face));
                best = Math.max(best, dot(photo, face) / lengths);
            }
        }
        return best;
    }

    private static float dot(float[] a, float[] b) {
        float sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /**
     * The smallest {@link #fid} of any photo with any face of a frame. Of single samples, which have no covariance, that is
     * the squared distance of the closest two, and taken as such: the root of a 2048x2048 matrix of zeros takes seconds.
     *
     * @param photos features of the photos' faces
     * @param faces features of the frame's faces
     */
    public static double bestPairFid(List<float[]> photos, List<float[]> faces) {
        checkPairs(photos, faces);
        double best = Double.POSITIVE_INFINITY;
        for (float[] photo : photos) {
            for (float[] face : faces) {
                best = Math.min(best, squaredDistance(photo, face));
            }
        }
        return best;
    }

    private static double squaredDistance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double apart = a[i] - b[i];
            sum += apart * apart;
        }
        return sum;
    }

    private static void checkPairs(List<float[]> photos, List<float[]> faces) {
        if (photos.isEmpty() || faces.isEmpty()) {
            throw new InvalidInputException("found " + photos.size() + " photos with a face and " + faces.size()
                    + " faces in the frame; the paper's protocol is undefined without one of each");
        }
    }

    /**
     * The official {@code calculate_fid} in fp32: a set of one sample is counted twice, which makes its covariance 0,
     * and the matrix root is {@link #matrixSqrt} of a product that is not symmetric.
     */
    public static double fid(List<float[]> real, List<float[]> generated) {
        try (Scope scope = Scope.inference()) {
            Tensor first = matrix(twiceIfOne(real));
            Tensor second = matrix(twiceIfOne(generated));
            Tensor difference = first.mean(0).sub(second.mean(0));
            Tensor sigma1 = torch.cov(first.t());
            Tensor sigma2 = torch.cov(second.t());
            Tensor root = matrixSqrt(sigma1.mm(sigma2));
            Tensor trace = torch.trace(sigma1.add(sigma2).sub(Ops.scale(root, 2)));
            return difference.mul(difference).sum().add(trace).item().toDouble();
        }
    }

    private static List<float[]> twiceIfOne(List<float[]> rows) {
        return rows.size() == 1 ? List.of(rows.getFirst(), rows.getFirst()) : rows;
    }

    /**
     * The square root of {@code matrix} as the official script takes it: through eigenvalues, negative ones counted as 0,
     * of the symmetric matrix with the same lower triangle.
     *
     * @param matrix [n, n]
     * @return [n, n], owned by the innermost scope
     */
    static Tensor matrixSqrt(Tensor matrix) {
        return Scope.of(() -> {
            T_TensorTensor_T eigen = torch.linalg_eigh(matrix, "L");
            Tensor vectors = eigen.get1();
            Tensor roots = eigen.get0()
                    .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional())
                    .sqrt();
            return vectors.mul(roots).mm(vectors.t());
        });
    }

    /** [n, width] in fp32, owned by the innermost scope. */
    static Tensor matrix(List<float[]> rows) {
        int width = rows.getFirst().length;
        float[] all = new float[Math.multiplyExact(rows.size(), width)];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, all, i * width, width);
        }
        return Ops.tensor(all, rows.size(), width);
    }

    /**
     * The official CLIPScore: the model sees blue and red exchanged (frames as OpenCV reads them), and reported is the
     * mean of its logits, which may be negative.
     *
     * @param frames as they are, R G B
     */
    public static double clipScore(ClipScore clip, List<Picture> frames, String prompt) {
        float[] cosines =
                clip.cosines(frames.stream().map(PaperMetrics::redForBlue).toList(), prompt);
        double sum = 0;
        for (float cosine : cosines) {
            sum += cosine * clip.logitScale();
        }
        return sum / cosines.length;
    }

    private static Picture redForBlue(Picture picture) {
        byte[] rgb = picture.rgb();
        byte[] bgr = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i += 3) {
            bgr[i] = rgb[i + 2];
            bgr[i + 1] = rgb[i + 1];
            bgr[i + 2] = rgb[i];
        }
        return new Picture(picture.width(), picture.height(), bgr);
    }
}
