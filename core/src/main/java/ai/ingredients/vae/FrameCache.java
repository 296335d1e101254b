package ai.ingredients.vae;

import ai.ingredients.tensor.Scope;
import java.util.IdentityHashMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What every causal convolution saw last: the frames before the ones now coming. It lives from the first to the last
 * frame batch of one video (or of one tile) and owns its tensors. Not thread-safe.
 */
final class FrameCache implements AutoCloseable {
    private final IdentityHashMap<CausalConv3d, Tensor> past = new IdentityHashMap<>();
    private boolean more;

    /** Announces the next batch; after the last one nothing need be remembered. */
    void begin(boolean last) {
        more = !last;
    }

    /** The frames {@code conv} saw last, or none in the first batch. */
    @Nullable
    Tensor past(CausalConv3d conv) {
        return past.get(conv);
    }

    /** Keeps a copy of {@code frames}, a view into something larger that should be freed. */
    void remember(CausalConv3d conv, Tensor frames) {
        if (more) {
            Tensor kept;
            try (Scope scope = Scope.open()) {
                kept = Scope.retain(frames.clone());
            }
            Tensor old = past.put(conv, kept);
            if (old != null) {
                old.close();
            }
        }
    }

    @Override
    public void close() {
        past.values().forEach(Tensor::close);
        past.clear();
    }
}
