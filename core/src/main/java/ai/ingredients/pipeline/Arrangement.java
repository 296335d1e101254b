package ai.ingredients.pipeline;

import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.transformer.HeardWords;
import ai.ingredients.transformer.IdentityContext;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The people of one video, step by step: where they were asked to be, where their {@link Layout} settles them, and which
 * words are heard there. Belongs to the scope it was made in; what it makes for one step, to that step's.
 */
final class Arrangement {
    /**
     * What decides about the people.
     *
     * @param steering where they were asked to be
     * @param layout how the others are settled; none where nobody is
     * @param words whose each text token is, a person's index, less than 0 for nobody's
     * @param steps of denoising
     */
    record Plan(Steering steering, @Nullable Layout layout, long[] words, int steps) {}

    /**
     * Where tokens lie.
     *
     * @param size of the video
     * @param patchSize side of the transformer's patches, in latents
     */
    record Grid(VideoSize size, int patchSize) {
        int columns() {
            return size.width() / (size.pixelsPerLatent() * patchSize);
        }
    }

    private final IdentityContext people;
    private final IdentityContext asked;
    private final int count;
    private final Plan plan;
    private final Grid grid;
    private final Compute compute;
    private List<Placement> settled = List.of();
    private boolean open;

    /** @param people as the model prepared them, in the order in which they are routed */
    Arrangement(IdentityContext people, Plan plan, Grid grid, Compute compute) {
        this.people = people;
        this.count = Math.toIntExact(people.count());
        this.plan = plan;
        this.grid = grid;
        this.compute = compute;
        open = plan.layout != null && Strips.enough(count, grid.columns());
        asked = placed(plan.steering.places());
    }

    /** The people where {@code places} are, in the current scope. */
    private IdentityContext placed(List<Placement> places) {
        if (places.isEmpty()) {
            return people;
        }
        float[] bias = PlacementBias.of(places, plan.steering.placeStrength(), grid.size, grid.patchSize, count);
        return people.withBias(compute.place(Ops.tensor(bias, bias.length / count, count)));
    }

    /** Whether people would be given places, were there not too many of them for the frame. */
    boolean crowded() {
        return plan.layout != null && count > 1 && !open;
    }

    /** The people as step {@code index} is to have them. */
    IdentityContext at(int index) {
        Layout layout = plan.layout;
        if (layout == null || count < 2 || !layout.holds(index, plan.steps)) {
            return asked;
        }
        List<Placement> places = new ArrayList<>(plan.steering.places());
        places.addAll(settled);
        IdentityContext made = settled.isEmpty() ? asked : placed(places);
        if (layout.wordStrength() == 0 || places.isEmpty()) {
            return made;
        }
        float[] shares = PlacementBias.shares(places, grid.size, grid.patchSize, count);
        HeardWords heard = HeardWords.of(plan.words, shares, count, layout.wordStrength(), compute);
        return heard == null ? made : made.hearing(heard);
    }

    /**
     * After step {@code index}: gives places to those who have none, if it is time to. Reads the logits, which waits for the
     * device.
     *
     * @param logits one [R, V, N] per routed block; the last element is the one with everything
     */
    void settle(int index, List<Tensor> logits) {
        Layout layout = plan.layout;
        if (layout == null || !open || index < layout.settlingStep(plan.steps) || logits.isEmpty()) {
            return;
        }
        open = false;
        Tensor sum = logits.getFirst().select(0, -1).to(ScalarType.Float);
        for (Tensor block : logits.subList(1, logits.size())) {
            sum = sum.add(block.select(0, -1));
        }
        settled = Strips.of(Ops.floats(Transfers.toHost(sum)), grid.columns(), count, plan.steering.places());
    }

    /**
     * Whether what comes after {@code done} steps follows from the latents alone: from the settling of places to their end it
     * does not.
     */
    boolean followsFromLatents(int done) {
        Layout layout = plan.layout;
        return layout == null || open || settled.isEmpty() || !layout.holds(done, plan.steps);
    }
}
