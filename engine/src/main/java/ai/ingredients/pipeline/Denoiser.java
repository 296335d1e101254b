package ai.ingredients.pipeline;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.VideoTransformer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The sampling loop: from noise to the latents of a video (paper section 3.1). Source: the denoising loop of the official
 * {@code IngredientsPipeline} and of diffusers' {@code CogVideoXPipeline}, which agree.
 *
 * @param transformer predicts, at each step
 * @param scheduler takes each step
 * @param steps number of steps
 * @param guidance how the scale varies over the steps
 * @param guidanceScale how far to go beyond the negative prompt, where there is one
 */
record Denoiser(VideoTransformer transformer, Scheduler scheduler, int steps, Guidance guidance, double guidanceScale) {
    /**
     * What every step is conditioned on.
     *
     * @param text [1, T, d], or [negative, prompt] [2, T, d] with guidance
     * @param image encoded reference picture [1, f, C, h, w], concatenated to the channels; none for text alone
     * @param people constants of the identity modules; none without people
     * @param rotary position embedding; none for sin-cos models
     * @param options how identities are used
     */
    record Conditions(
            Tensor text,
            @Nullable Tensor image,
            @Nullable IdentityContext people,
            @Nullable RotaryEmbedding rotary,
            VideoTransformer.Options options) {
        /** Whether the text holds a negative prompt, and each step computes both. */
        boolean guided() {
            return text.size(0) == 2;
        }
    }

    /**
     * @param initial Gaussian noise [1, f, C, h, w]
     * @param noise where stochastic schedulers draw from
     * @return clean latents [1, f, C, h, w], owned by the current scope
     */
    Tensor denoise(Tensor initial, Conditions conditions, Noise noise, GenerationListener listener) {
        long[] timesteps = scheduler.timesteps(steps);
        Scheduler.Step state = Scheduler.Step.first(initial);
        for (int i = 0; i < timesteps.length; i++) {
            Scheduler.Step before = state;
            try (Scope scope = Scope.inference()) {
                VideoTransformer.Output output = predict(before.sample(), timesteps[i], conditions);
                Tensor prediction = output.sample().to(ScalarType.Float);
                if (conditions.guided()) {
                    double scale = guidance.scale(guidanceScale, steps, i, timesteps[i]);
                    Tensor[] halves = Ops.chunk(prediction, 2, 0);
                    prediction = Guidance.apply(halves[0], halves[1], scale);
                }
                Scheduler.Step after = scheduler.step(timesteps, i, prediction, before, noise);
                listener.step(i, timesteps[i], after.sample(), output.routingLogits());
                Tensor clean = after.clean();
                state = new Scheduler.Step(scope.keep(after.sample()), clean == null ? null : scope.keep(clean));
            }
            if (i > 0) {
                release(before);
            }
            listener.progress(i + 1);
        }
        return state.sample();
    }

    private VideoTransformer.Output predict(Tensor latents, long timestep, Conditions conditions) {
        Tensor image = conditions.image;
        Tensor input = image == null ? latents : Ops.cat(2, latents, image); // [1, f, C or 2C, h, w]
        if (conditions.guided()) {
            input = Ops.cat(0, input, input);
        }
        Tensor shared = Ops.tensor(new long[] {timestep}, 1).to(latents.device(), ScalarType.Long);
        return transformer.forward(
                input, conditions.text, shared, conditions.rotary, conditions.people, conditions.options);
    }

    private static void release(Scheduler.Step step) {
        step.sample().close();
        Tensor clean = step.clean();
        if (clean != null) {
            clean.close();
        }
    }
}
