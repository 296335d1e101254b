package ai.ingredients.transformer;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Whether identity tokens tell people apart. In a facial extractor that has collapsed, what all people have in common is
 * thousands of times as large as what differs, and the norms behind it leave nothing of the difference.
 *
 * @param rms root mean square of the tokens
 * @param distinct the share of it that differs between people: root mean square of the differences to the people's mean,
 *     over {@code rms}, corrected for the number of people; 1 for tokens that have nothing in common
 */
public record IdentityHealth(double rms, double distinct) {
    /**
     * People with a smaller {@link #distinct} share are as good as one. The third demo model had 0.006, and its videos were the
     * same without identities; the fourth has 0.04, and its FaceSim falls from 0.53 to 0.34 without.
     */
    public static final double LEAST_DISTINCT = 0.02;

    private static final int PROBES = 8;
    private static final int PROBE_PATCHES = 16;

    /**
     * Of the tokens of several people.
     *
     * @param tokens [N, Q, D] or [B, N, Q, D], of at least two people in all
     */
    public static IdentityHealth of(Tensor tokens) {
        try (Scope scope = Scope.inference()) {
            Tensor people = tokens.detach().to(ScalarType.Float).flatten(0, tokens.dim() - 3); // [P, Q, D]
            double count = people.size(0);
            double rms = rms(people);
            double differing = rms(people.sub(people.mean(new long[] {0}, true, new ScalarTypeOptional())));
            return new IdentityHealth(rms, rms == 0 ? 0 : differing / rms * Math.sqrt(count / (count - 1)));
        }
    }

    private static double rms(Tensor x) {
        return Math.sqrt(Transfers.number(x.square().mean()));
    }

    /**
     * What a transformer's extractor makes of {@value #PROBES} made-up people whose features have nothing in common. Needs
     * the extractor's weights only.
     *
     * @param weights of a transformer
     * @return none for a model without identity modules
     */
    public static @Nullable IdentityHealth probe(Weights weights, TransformerConfig config) {
        IdentityConfig identity = config.identity();
        if (identity == null) {
            return null;
        }
        try (Scope scope = Scope.inference();
                Noise noise = new Noise(0)) {
            FacialExtractor extractor = new FacialExtractor(weights.at("local_facial_extractor"), identity);
            Compute compute = weights.compute();
            Tensor idCond = compute.place(noise.gaussian(Compute.CPU_FP32, PROBES, identity.lfeIdDim()));
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < identity.lfeNumScale(); scale++) {
                hidden.add(
                        compute.place(noise.gaussian(Compute.CPU_FP32, PROBES, PROBE_PATCHES, identity.lfeVitDim())));
            }
            return of(extractor.forward(idCond, hidden));
        }
    }

    /** Whether people cannot be told apart by their tokens. */
    public boolean collapsed() {
        return !(distinct >= LEAST_DISTINCT);
    }

    /** "identity tokens: rms 1.20, 45 % of it differs between people". */
    public String words() {
        return String.format(
                Locale.ROOT, "identity tokens: rms %.3g, %.1f %% of it differs between people", rms, 100 * distinct);
    }
}
