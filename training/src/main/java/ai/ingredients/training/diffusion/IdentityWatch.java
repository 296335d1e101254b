package ai.ingredients.training.diffusion;

import ai.ingredients.OperationFailedException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.BlockObserver;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.IdentityHealth;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Whether the identity modules do anything. A run can learn to do without them, since a reference canvas is an easier
 * teacher: then what they add vanishes, or all people's tokens become the same, and neither comes back by itself.
 */
final class IdentityWatch {
    /** Root mean square of the identity tokens. */
    static final String RMS = "identity-rms";
    /** {@link IdentityHealth#distinct}. */
    static final String DISTINCT = "identity-distinct";
    /** What the identity modules add at a block, over its hidden states; followed by the block's number. */
    static final String RESIDUAL = "identity-residual-";

    /** Identity attention begins with zeros: before so many steps nothing is said. */
    private static final long GRACE = 300;
    /** In so many looks one after the other: a batch may be odd. */
    private static final int LOOKS = 3;
    /** Mean over the routed blocks below which identities have no effect: a video changes by less than its compression. */
    private static final double LEAST_RESIDUAL = 0.003;

    private final DiffusionSettings.OnCollapse onCollapse;
    private int bad;

    IdentityWatch(DiffusionSettings.OnCollapse onCollapse) {
        this.onCollapse = onCollapse;
    }

    /** Looks at one pass. */
    static final class Pass implements BlockObserver {
        private final Map<Integer, Double> residuals = new TreeMap<>();

        @Override
        public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
            try (Scope scope = Scope.inference()) {
                residuals.put(block, norm(residual) / norm(hidden));
            }
        }

        private static double norm(Tensor x) {
            return x.detach().to(ScalarType.Float).norm().item().toDouble();
        }

        /**
         * The figures of the pass, as scalars.
         *
         * @param clips how many of the pass's clips are different ones, the first of them
         */
        Map<String, Tensor> figures(IdentityContext people, int clips) {
            Map<String, Tensor> figures = new LinkedHashMap<>();
            residuals.forEach((block, share) -> figures.put(RESIDUAL + block, scalar(share)));
            if (people.count() > 1) {
                Tensor tokens = people.tokens(); // [B, N, Q, D]
                IdentityHealth health = IdentityHealth.of(tokens.narrow(0, 0, Math.min(clips, tokens.size(0))));
                figures.put(RMS, scalar(health.rms()));
                figures.put(DISTINCT, scalar(health.distinct()));
            }
            return figures;
        }

        private static Tensor scalar(double value) {
            return Ops.tensor(new float[] {(float) value}, 1);
        }
    }

    /**
     * What is wrong with the figures of a step, if anything.
     *
     * @throws OperationFailedException when something is and the run is to stop
     */
    @Nullable
    String complaint(long step, Map<String, Double> figures) {
        double distinct = figures.getOrDefault(DISTINCT, Double.NaN);
        double residual = figures.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(RESIDUAL))
                .mapToDouble(Map.Entry::getValue)
                .average()
                .orElse(Double.NaN);
        boolean same = distinct < IdentityHealth.LEAST_DISTINCT;
        boolean vanished = !Double.isNaN(residual) && residual < LEAST_RESIDUAL;
        if (step < GRACE || !(same || vanished)) {
            bad = Double.isNaN(distinct) && Double.isNaN(residual) ? bad : 0;
            return null;
        }
        bad++;
        if (bad < LOOKS) {
            return null;
        }
        String what = same
                ? String.format(
                        Locale.ROOT,
                        "people have become indistinguishable: %.2f %% of the identity tokens' size differs between"
                                + " them",
                        100 * distinct)
                : String.format(
                        Locale.ROOT,
                        "the identity modules add next to nothing: %.3f %% of the hidden states",
                        100 * residual);
        String remedy = "; begin again with a lower learning-rate-factor for local_facial_extractor and "
                + "perceiver_cross_attention, or a larger drop-image";
        if (onCollapse == DiffusionSettings.OnCollapse.STOP) {
            throw new OperationFailedException("step " + step + ": " + what + remedy);
        }
        return what + remedy;
    }
}
