package ai.ingredients.inspection;

import ai.ingredients.inspection.Inspection.Shown;
import ai.ingredients.inspection.Inspection.Step;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Watches a generation. Figures are made of every step as it passes; maps are kept of some steps only, on the Java heap
 * in half precision: 2 · (N + 1) · V bytes for each block of a step kept (two people in a 49-frame video of 720x480: 105
 * kB). Of the guidance batch it watches the element that decides: the only one with reference routing, the prompt's
 * otherwise. Watches one generation at a time, the last one counts. Not thread-safe.
 */
public final class RoutingInspector implements GenerationListener {
    private final TokenGrid grid;
    private final NavigableSet<Integer> stepsKept;
    private final @Nullable TrueOwners truth;

    private final List<Integer> blocks = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Shown> shown = new ArrayList<>();
    private final List<Figures> figures = new ArrayList<>();
    private final List<TokenMaps> maps = new ArrayList<>();
    /** The owner of every token in each block, of this step as far as it has got, else of the step before. */
    private final List<int[]> owners = new ArrayList<>();

    private int people;

    /**
     * @param steps of the generation
     * @param stepsShown how many of them to keep maps of, evenly spread
     * @param truth whose face each token shows, where that is known
     */
    public RoutingInspector(TokenGrid grid, int steps, int stepsShown, @Nullable TrueOwners truth) {
        this.grid = grid;
        this.truth = truth;
        stepsKept = spread(steps, stepsShown);
    }

    /** Where the tokens lie. */
    public TokenGrid grid() {
        return grid;
    }

    /** {@code count} of {@code total} numbers from 0 on, evenly spread, the last and, from two on, the first among them. */
    static NavigableSet<Integer> spread(int total, int count) {
        NavigableSet<Integer> chosen = new TreeSet<>();
        int picked = Math.min(total, count);
        for (int i = 0; i < picked; i++) {
            chosen.add(picked == 1 ? total - 1 : Math.round((float) i * (total - 1) / (picked - 1)));
        }
        return chosen;
    }

    @Override
    public void begins(Stage stage, int total) {
        if (stage == Stage.DENOISING) {
            List.of(blocks, steps, shown, figures, maps, owners).forEach(List::clear);
        }
    }

    @Override
    public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
        int branch = Math.toIntExact(shares.size(0)) - 1;
        people = Math.toIntExact(shares.size(2));
        float[] share;
        float[] relative;
        try (Scope scope = Scope.inference()) {
            share = Ops.floats(shares.select(0, branch)); // [V, N]
            Tensor length = norms(hidden.select(0, branch)).clamp_min(new Scalar(Float.MIN_NORMAL));
            relative = Ops.floats(norms(residual.select(0, branch)).div(length)); // [V]
        }
        int at = figures.size();
        if (steps.isEmpty()) {
            blocks.add(block);
            owners.add(new int[0]);
        }
        int[] owner = owners(share);
        double stepBefore = steps.isEmpty() ? Double.NaN : agreement(owner, owners.get(at));
        double blockBefore = at == 0 ? Double.NaN : agreement(owner, owners.get(at - 1));
        owners.set(at, owner);
        figures.add(new Figures(
                owned(owner),
                weights(share),
                entropy(share),
                mean(relative),
                stepBefore,
                blockBefore,
                truth == null ? Double.NaN : truth.accuracy(owner)));
        if (stepsKept.contains(steps.size())) {
            maps.add(TokenMaps.of(people, share, relative));
        }
    }

    /** Lengths of the rows, [V, D] → [V] fp32. */
    private static Tensor norms(Tensor rows) {
        return torch.linalg_vector_norm(
                rows, new Scalar(2), new long[] {1}, false, new ScalarTypeOptional(ScalarType.Float));
    }

    @Override
    public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
        steps.add(new Step(step, timestep, figures));
        if (!maps.isEmpty()) {
            shown.add(new Shown(step, timestep, maps));
        }
        figures.clear();
        maps.clear();
    }

    /**
     * What was seen so far.
     *
     * @throws IllegalStateException when nothing was routed
     */
    public Inspection inspection() {
        if (blocks.isEmpty()) {
            throw new IllegalStateException("nothing was routed: was the generation without people?");
        }
        return new Inspection(grid, people, blocks, steps, shown);
    }

    /** The person with the largest share of each token. */
    private int[] owners(float[] share) {
        int[] owner = new int[share.length / people];
        for (int v = 0; v < owner.length; v++) {
            for (int n = 1; n < people; n++) {
                if (share[v * people + n] > share[v * people + owner[v]]) {
                    owner[v] = n;
                }
            }
        }
        return owner;
    }

    private List<Double> owned(int[] owner) {
        int[] counts = new int[people];
        for (int n : owner) {
            counts[n]++;
        }
        return Arrays.stream(counts)
                .mapToObj(count -> (double) count / owner.length)
                .toList();
    }

    private List<Double> weights(float[] share) {
        double[] sums = new double[people];
        for (int i = 0; i < share.length; i++) {
            sums[i % people] += share[i];
        }
        return Arrays.stream(sums).mapToObj(sum -> sum * people / share.length).toList();
    }

    private double entropy(float[] share) {
        double bits = 0;
        for (float p : share) {
            bits -= p > 0 ? p * Math.log(p) / Math.log(2) : 0;
        }
        return bits * people / share.length;
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static double agreement(int[] a, int[] b) {
        int same = 0;
        for (int v = 0; v < a.length; v++) {
            same += a[v] == b[v] ? 1 : 0;
        }
        return (double) same / a.length;
    }
}
