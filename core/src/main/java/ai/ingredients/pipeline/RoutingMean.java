package ai.ingredients.pipeline;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The mean of who owned which video token, over the later half of all computed steps and routed blocks: what {@link RoutingMaps#read}
 * finds in the file of {@link RoutingRecorder}, in the memory of one map. Owns it until {@link #close}.
 */
public final class RoutingMean implements GenerationListener, AutoCloseable {
    private final GenerationRequest request;
    private final StepPlan plan;
    private final int maps;
    private int seen;
    private @Nullable Tensor mean;

    /** For the generation of {@code request}. */
    public RoutingMean(GenerationRequest request) {
        this.request = request;
        plan = request.plan();
        maps = plan.computed(request.steps()) * request.bundle().transformer().numRoutedBlocks();
    }

    @Override
    public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
        int first = maps / 2;
        if (seen++ < first) {
            return;
        }
        Tensor before = mean;
        mean = Scope.retain(Scope.of(() -> {
            Tensor one = shares.select(0, shares.size(0) - 1)
                    .to(ScalarType.Float)
                    .div(new Scalar((float) (maps - first))); // [V, N]
            return before == null ? one : before.add(one);
        }));
        if (before != null) {
            before.close();
        }
    }

    /** The mean so far, [V, N], which stays this object's; none before the later half has begun. */
    @Nullable
    Tensor mean() {
        return mean;
    }

    /** Goes on after {@code steps} steps with what {@link #mean} was then. */
    void restore(int steps, @Nullable Tensor before) {
        close();
        seen = plan.computed(steps) * request.bundle().transformer().numRoutedBlocks();
        mean = before == null ? null : Scope.retain(before);
    }

    /** The maps; none where nothing was routed. */
    public @Nullable RoutingMaps maps() {
        Tensor shares = mean;
        if (shares == null) {
            return null;
        }
        try (Scope scope = Scope.inference()) {
            int patch = request.bundle().transformer().patchSize();
            VideoSize size = request.size();
            return new RoutingMaps(
                    size.latentFrames(),
                    size.latentHeight() / patch,
                    size.latentWidth() / patch,
                    request.people(),
                    Ops.floats(Transfers.toHost(shares).contiguous()));
        }
    }

    @Override
    public void close() {
        if (mean != null) {
            mean.close();
            mean = null;
        }
    }
}
