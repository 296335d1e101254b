package ai.ingredients.pipeline;

import ai.ingredients.transformer.BlockObserver;
import java.awt.image.BufferedImage;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Told what a generation is doing, with its tensors. Called on the generating thread. Tensors are valid only during the call and may be
 * closed by their owner after it: who keeps one keeps a tensor made from it, for instance {@code Scope.retain(x.cpu())}.
 */
public interface GenerationListener extends VideoListener {
    /** A listener that ignores everything. */
    GenerationListener NONE = new GenerationListener() {};

    /** The initial noise and the encoded reference picture [1, f, C, h, w]; the picture is absent without one. */
    default void latents(Tensor initial, @Nullable Tensor image) {}

    /**
     * Within a denoising step that computes the blocks, behind each routed one in order: what {@link BlockObserver#routed} is told. Never called
     * without people.
     *
     * @param hidden [B, V, D]
     * @param residual [R, V, D]
     * @param shares [R, V, N]
     */
    default void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {}

    /** Whether anybody listens to {@link #residual}, which costs a copy of the video tokens. */
    default boolean wantsResidual() {
        return false;
    }

    /**
     * Before {@link #step}, where the step computed the transformer's blocks: what they added to the video tokens.
     *
     * @param residual [B, V, D]
     */
    default void residual(int step, Tensor residual) {}

    /**
     * Before {@link #step}: what the transformer predicted, for each row of guidance by itself.
     *
     * @param prediction [B, f, C, h, w]
     */
    default void prediction(int step, Tensor prediction) {}

    /**
     * After denoising step {@code step}, counted from 0.
     *
     * @param latents [1, f, C, h, w]
     * @param routingLogits one tensor [R, V, N] per routed block, of a repeated step those of the one that it repeats; R
     *     counts the rows with people. Empty without people
     */
    default void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {}

    /** After {@link #step}: the clean latents [1, f, C, h, w] that the step's prediction meant, still scaled. */
    default void clean(int step, Tensor clean) {}

    /** Denoising is over: clean latents [1, f, C, h, w], still scaled. */
    default void denoised(Tensor latents) {}

    /** Tells all of {@code listeners}, in order; of tensors those who take them. */
    static GenerationListener all(List<? extends VideoListener> listeners) {
        List<GenerationListener> within = listeners.stream()
                .filter(GenerationListener.class::isInstance)
                .map(GenerationListener.class::cast)
                .toList();
        return new GenerationListener() {
            @Override
            public void planned(MemoryPlan memory) {
                listeners.forEach(listener -> listener.planned(memory));
            }

            @Override
            public void begins(Stage stage, int total) {
                listeners.forEach(listener -> listener.begins(stage, total));
            }

            @Override
            public void progress(int done) {
                listeners.forEach(listener -> listener.progress(done));
            }

            @Override
            public void loading(long done, long total) {
                listeners.forEach(listener -> listener.loading(done, total));
            }

            @Override
            public void warning(String line) {
                listeners.forEach(listener -> listener.warning(line));
            }

            @Override
            public boolean wantsPreview(int step) {
                return listeners.stream().anyMatch(listener -> listener.wantsPreview(step));
            }

            @Override
            public void preview(int step, BufferedImage picture) {
                listeners.stream()
                        .filter(listener -> listener.wantsPreview(step))
                        .forEach(listener -> listener.preview(step, picture));
            }

            @Override
            public void latents(Tensor initial, @Nullable Tensor image) {
                within.forEach(listener -> listener.latents(initial, image));
            }

            @Override
            public void routed(int block, Tensor hidden, Tensor residual, Tensor shares) {
                within.forEach(listener -> listener.routed(block, hidden, residual, shares));
            }

            @Override
            public boolean wantsResidual() {
                return within.stream().anyMatch(GenerationListener::wantsResidual);
            }

            @Override
            public void residual(int step, Tensor residual) {
                within.stream()
                        .filter(GenerationListener::wantsResidual)
                        .forEach(listener -> listener.residual(step, residual));
            }

            @Override
            public void prediction(int step, Tensor prediction) {
                within.forEach(listener -> listener.prediction(step, prediction));
            }

            @Override
            public void step(int step, long timestep, Tensor latents, List<Tensor> routingLogits) {
                within.forEach(listener -> listener.step(step, timestep, latents, routingLogits));
            }

            @Override
            public void clean(int step, Tensor clean) {
                within.forEach(listener -> listener.clean(step, clean));
            }

            @Override
            public void denoised(Tensor latents) {
                within.forEach(listener -> listener.denoised(latents));
            }
        };
    }
}
