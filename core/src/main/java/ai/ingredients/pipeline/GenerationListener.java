package ai.ingredients.pipeline;

import ai.ingredients.transformer.BlockObserver;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Told what a generation is doing. Called on the generating thread. Tensors are valid only during the call and may be
 * closed by their owner after it: who keeps one keeps a tensor made from it, for instance {@code Scope.retain(x.cpu())}.
 */
public interface GenerationListener {
    /** Parts of a generation, in order. */
    enum Stage {
        TEXT("reading the prompt"),
        PEOPLE("preparing the people"),
        DENOISING("denoising"),
        DECODING("decoding frames");

        private final String label;

        Stage(String label) {
            this.label = label;
        }

        /** For a person to read. */
        public String label() {
            return label;
        }
    }

    /** A listener that ignores everything. */
    GenerationListener NONE = new GenerationListener() {};

    /** {@code stage} begins; it will report {@code total} pieces of work. */
    default void begins(Stage stage, int total) {}

    /** {@code done} pieces of the current stage are finished. */
    default void progress(int done) {}

    /** Something the user should know although the work goes on. One line. */
    default void warning(String line) {}

    /** The initial noise and the encoded reference picture [1, f, C, h, w]; the picture is absent without one. */
    default void latents(Tensor initial, @Nullable Tensor image) {}

    /**
     * Within a denoising step, behind each routed block in order: what {@link BlockObserver#routed} is told. Never called
     * without people.
     *
     * @param hidden [B, V, D]
     * @param residual [R, V, D]
     * @param shares [R, V, N]
     */
    default void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {}

    /**
     * After denoising step {@code step}, counted from 0.
     *
     * @param latents [1, f, C, h, w]
     * @param routingLogits one tensor [R, V, N] per routed block; empty without people
     */
    default void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {}

    /** Denoising is over: clean latents [1, f, C, h, w], still scaled. */
    default void denoised(Tensor latents) {}

    /** Tells all of {@code listeners}, in order. */
    static GenerationListener all(List<? extends GenerationListener> listeners) {
        return new GenerationListener() {
            @Override
            public void begins(Stage stage, int total) {
                listeners.forEach(listener -> listener.begins(stage, total));
            }

            @Override
            public void progress(int done) {
                listeners.forEach(listener -> listener.progress(done));
            }

            @Override
            public void warning(String line) {
                listeners.forEach(listener -> listener.warning(line));
            }

            @Override
            public void latents(Tensor initial, @Nullable Tensor image) {
                listeners.forEach(listener -> listener.latents(initial, image));
            }

            @Override
            public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
                listeners.forEach(listener -> listener.routed(block, hidden, residual, shares));
            }

            @Override
            public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
                listeners.forEach(listener -> listener.step(step, timestep, latents, routingLogits));
            }

            @Override
            public void denoised(Tensor latents) {
                listeners.forEach(listener -> listener.denoised(latents));
            }
        };
    }
}
