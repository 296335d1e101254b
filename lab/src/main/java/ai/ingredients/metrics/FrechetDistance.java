package ai.ingredients.metrics;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The Fréchet distance between two sets of features, each taken for a sample of a normal distribution; FID when the
 * features are those of {@link FidFeatures}.
 *
 * <p>Source: arXiv 1706.08500: |μ₁ − μ₂|² + tr(S₁ + S₂ − 2 (S₁ S₂)^½), covariances with n − 1. The trace of the root is
 * computed exactly, in fp64, without forming a covariance: when R₁ᵀR₁ = S₁ and R₂ᵀR₂ = S₂, it is the sum of the singular
 * values of R₁R₂ᵀ, since S₁S₂ has their squares as eigenvalues. A root by eigenvalues would take the square root of
 * rounding errors wherever a covariance is singular, which with fewer samples than features it always is.
 *
 * <p>The value depends on the number of samples, the more the fewer there are: compare only values of equal counts, and
 * report them ({@link #realCount}, {@link #generatedCount}). The sound estimate needs more samples than features.
 *
 * @param value the distance, at least 0
 * @param realCount samples of the first set
 * @param generatedCount samples of the second set
 * @param width features of a sample
 */
public record FrechetDistance(double value, int realCount, int generatedCount, int width) {
    /**
     * The distance between two sets of features of one width, in any order.
     *
     * @throws InvalidInputException when a set has fewer than two samples, or a number is not finite
     */
    public static FrechetDistance between(List<float[]> real, List<float[]> generated) {
        int width = checked(real, "real");
        if (checked(generated, "generated") != width) {
            throw new IllegalArgumentException(
                    "features of one width expected, found " + width + " and " + generated.getFirst().length);
        }
        try (Scope scope = Scope.inference()) {
            Tensor first = rows(real);
            Tensor second = rows(generated);
            Tensor apart = first.mean(0).sub(second.mean(0));
            Tensor left = deviations(first);
            Tensor right = deviations(second);
            double value = squares(apart)
                    + squares(left)
                    + squares(right)
                    - 2
                            * torch.linalg_svdvals(
                                            factor(left).matmul(factor(right).t()))
                                    .sum()
                                    .item()
                                    .toDouble();
            return new FrechetDistance(Math.max(value, 0), real.size(), generated.size(), width);
        }
    }

    /**
     * The distances of resamples of {@code generated} to {@code real}, for the spread of {@link #between}.
     *
     * <p>One resample costs a symmetric eigenvalue problem of as many rows as there are features, or samples in the smaller
     * set, whichever are fewer: with R₁ᵀR₁ = S₁, the eigenvalues of R₁S₂R₁ᵀ are the squares of the singular values above.
     * Rounding errors leave them about 1e-6 of the value away from {@link #between}.
     *
     * @param times for each resample how often each of {@code generated} is in it, in their order; two or more in all
     * @return a distance for each resample
     * @throws InvalidInputException as {@link #between}
     */
    public static double[] ofResamples(List<float[]> real, List<float[]> generated, List<int[]> times) {
        checked(real, "real");
        checked(generated, "generated");
        try (Scope scope = Scope.inference()) {
            Tensor first = rows(real);
            Tensor middle = first.mean(0);
            Tensor left = deviations(first);
            Tensor root = factor(left); // [r, width]
            Tensor apart = rows(generated).sub(middle); // [n, width]
            Tensor seen = apart.matmul(root.t()); // [n, r]
            Tensor lengths = apart.mul(apart).sum(1); // [n]
            double realSquares = squares(left);
            return times.stream()
                    .mapToDouble(counts -> resampled(apart, seen, lengths, realSquares, counts))
                    .toArray();
        }
    }

    private static double resampled(Tensor apart, Tensor seen, Tensor lengths, double realSquares, int[] counts) {
        try (Scope scope = Scope.inference()) {
            long[] numbers = Arrays.stream(counts).asLongStream().toArray();
            double samples = Arrays.stream(counts).sum();
            Tensor weights = Ops.tensor(numbers, numbers.length).to(ScalarType.Double);
            Tensor shift = Ops.scale(weights.matmul(apart), 1 / samples); // [width], between the means
            double shifted = squares(shift);
            double generatedSquares =
                    (weights.mul(lengths).sum().item().toDouble() - samples * shifted) / (samples - 1);
            Tensor centre = Ops.scale(weights.matmul(seen), 1 / samples);
            Tensor turned = seen.sub(centre).mul(weights.sqrt().unsqueeze(1));
            // [n, n] or [r, r], whichever is smaller: their eigenvalues are the same but for zeros.
            Tensor product = turned.size(0) < turned.size(1)
                    ? turned.matmul(turned.t())
                    : turned.t().matmul(turned);
            double root = torch.linalg_eigvalsh(Ops.scale(product, 1 / (samples - 1)))
                    .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional())
                    .sqrt()
                    .sum()
                    .item()
                    .toDouble();
            return Math.max(shifted + realSquares + generatedSquares - 2 * root, 0);
        }
    }

    private static int checked(List<float[]> features, String which) {
        if (features.size() < 2) {
            throw new InvalidInputException("the Fréchet distance needs at least 2 " + which + " samples, found "
                    + features.size() + "; use more pictures");
        }
        int width = features.getFirst().length;
        for (float[] row : features) {
            if (row.length != width || width == 0) {
                throw new IllegalArgumentException(
                        "features of one width expected, found " + width + " and " + row.length);
            }
            for (float number : row) {
                if (!Float.isFinite(number)) {
                    throw new InvalidInputException(
                            "the " + which + " features hold " + number + "; the network or its weights are damaged");
                }
            }
        }
        return width;
    }

    /** [n, width] in fp64. */
    private static Tensor rows(List<float[]> features) {
        return PaperMetrics.matrix(features).to(ScalarType.Double);
    }

    /** What {@code rows} deviate from their mean by, over √(n − 1): its Gram matrix is the covariance. [n, width]. */
    private static Tensor deviations(Tensor rows) {
        return Ops.scale(rows.sub(rows.mean(0)), 1 / Math.sqrt(rows.size(0) - 1.0));
    }

    /** A matrix with the Gram matrix of {@code deviations} and at most as many rows as columns. */
    private static Tensor factor(Tensor deviations) {
        return deviations.size(0) <= deviations.size(1)
                ? deviations
                : new Tensor(torch.linalg_qr(deviations, "r").get1());
    }

    private static double squares(Tensor x) {
        return x.mul(x).sum().item().toDouble();
    }

    /** Whether both sets have more samples than features; if not, the value is far above that of many samples. */
    public boolean enoughSamples() {
        return Math.min(realCount, generatedCount) > width;
    }
}
