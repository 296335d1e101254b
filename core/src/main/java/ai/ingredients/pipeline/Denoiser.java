package ai.ingredients.pipeline;

import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.tensor.Transfers;
import ai.ingredients.transformer.IdentityContext;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.VideoTransformer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
 * @param imageGuidanceScale how far to go beyond the prediction without image and people; 1 for as far as it goes by itself
 * @param plan which steps are guided, and which repeat what an earlier one computed
 */
record Denoiser(
        VideoTransformer transformer,
        Scheduler scheduler,
        int steps,
        Guidance guidance,
        double guidanceScale,
        double imageGuidanceScale,
        StepPlan plan) {
    /**
     * What every step is conditioned on.
     *
     * @param text [1, T, d], or [negative, prompt] [2, T, d] with guidance
     * @param image encoded reference picture [1, f, C, h, w], concatenated to the channels; none for text alone
     * @param people who is where in which step; none without people
     * @param rotary position embedding; none for sin-cos models
     * @param options how identities are used
     */
    record Conditions(
            Tensor text,
            @Nullable Tensor image,
            @Nullable Arrangement people,
            @Nullable RotaryEmbedding rotary,
            VideoTransformer.Options options) {
        /** Whether the text holds a negative prompt, and each step computes both. */
        boolean guided() {
            return text.size(0) == 2;
        }

        /** The same with what all steps share made once, on the device of {@code latents}, in the current scope. */
        Conditions ready(Tensor latents) {
            return new Conditions(
                    text, image, people, rotary == null ? null : rotary.prepared(text.size(1), latents), options);
        }
    }

    /**
     * Beside what {@code listener} and {@code saved} read, and the step that settles who is where, no step waits for the device.
     *
     * @param initial Gaussian noise [1, f, C, h, w]
     * @param given what every step is conditioned on
     * @param noise where stochastic schedulers draw from
     * @param saved where steps that are done lie, if anybody keeps them
     * @return clean latents [1, f, C, h, w], owned by the current scope
     */
    Tensor denoise(
            Tensor initial, Conditions given, Noise noise, @Nullable SavedSteps saved, GenerationListener listener) {
        long[] timesteps = scheduler.timesteps(steps);
        SavedSteps.Resumed resumed = saved == null ? null : saved.resume(initial, noise, listener);
        int first = resumed == null ? 0 : resumed.done();
        Scheduler.Step state = resumed == null ? Scheduler.Step.first(initial) : resumed.state();
        if (first > 0) {
            listener.progress(first);
        }
        Kept kept = null;
        Conditions conditions = given.ready(initial);
        Tensor times = Transfers.toDevice(Ops.tensor(timesteps, timesteps.length), initial.device(), ScalarType.Long);
        for (int i = first; i < timesteps.length; i++) {
            Scheduler.Step before = state;
            Kept keptBefore = kept;
            try (Scope scope = Scope.inference()) {
                double scale = guidance.scale(guidanceScale, steps, i, timesteps[i]);
                List<Row> rows = rows(conditions, scale, plan.guided()[i]);
                Inputs inputs = inputs(i, before.sample(), times.narrow(0, i, 1), conditions, rows);
                VideoTransformer.Output output;
                if (plan.repeated()[i] && keptBefore != null && keptBefore.rows.containsAll(rows)) {
                    output = keptBefore.repeated(transformer, inputs, rows, conditions.options);
                    kept = plan.needed(i) ? keptBefore : null;
                } else if (plan.needed(i) || listener.wantsResidual()) {
                    VideoTransformer.Kept made = computed(inputs, conditions);
                    output = made.output();
                    listener.residual(i, made.residual());
                    kept = new Kept(
                            rows,
                            scope.keep(made.residual()),
                            output.routingLogits().stream().map(scope::keep).toList());
                } else {
                    output = transformer.forward(
                            inputs.latents,
                            inputs.text,
                            inputs.timestep,
                            conditions.rotary,
                            inputs.people,
                            conditions.options);
                    kept = null;
                }
                Arrangement people = conditions.people;
                if (people != null) {
                    people.settle(i, output.routingLogits());
                }
                listener.prediction(i, output.sample());
                Tensor prediction = combined(output.sample().to(ScalarType.Float), rows, scale);
                Scheduler.Step after = scheduler.step(timesteps, i, prediction, before, noise);
                listener.step(i, timesteps[i], after.sample(), output.routingLogits());
                Tensor clean = after.clean();
                if (clean != null) {
                    listener.clean(i, clean);
                }
                state = new Scheduler.Step(
                        scope.keep(after.sample()),
                        clean == null ? null : scope.keep(clean),
                        after.carried().stream().map(scope::keep).toList());
            }
            if (i > 0) {
                release(before);
            }
            if (keptBefore != null && kept != keptBefore) {
                keptBefore.release();
            }
            boolean complete = conditions.people == null || conditions.people.followsFromLatents(i + 1);
            if (saved != null && !plan.needed(i) && complete) { // what goes on from here must not miss what is kept
                saved.save(i + 1, state, noise);
            }
            listener.progress(i + 1);
        }
        return state.sample();
    }

    /**
     * What one element of the batch is conditioned on.
     *
     * @param prompt the prompt, or the negative one
     * @param photos image and people, or zeros and nobody
     */
    private record Row(boolean prompt, boolean photos) {}

    /**
     * What the blocks added in a step, for those that repeat it.
     *
     * @param rows of that step's batch
     * @param residual [B, V, D]
     * @param logits as {@link VideoTransformer.Output#routingLogits}
     */
    private record Kept(List<Row> rows, Tensor residual, List<Tensor> logits) {
        /** The prediction for {@code wanted} of the rows. */
        VideoTransformer.Output repeated(
                VideoTransformer transformer, Inputs inputs, List<Row> wanted, VideoTransformer.Options options) {
            Tensor sample =
                    transformer.repeat(inputs.latents, inputs.text, inputs.timestep, of(residual, wanted), options);
            List<Tensor> routed =
                    logits.stream().map(one -> routed(one, wanted)).toList();
            return new VideoTransformer.Output(sample, routed);
        }

        /** Of the rows that were made with people; one for all of them stays. */
        private Tensor routed(Tensor logits, List<Row> wanted) {
            List<Row> with = withPhotos(rows);
            return logits.size(0) == with.size() ? of(logits, with, withPhotos(wanted)) : logits;
        }

        private Tensor of(Tensor all, List<Row> wanted) {
            return of(all, rows, wanted);
        }

        private static Tensor of(Tensor all, List<Row> has, List<Row> wanted) {
            return wanted.equals(has)
                    ? all
                    : Ops.cat(
                            0,
                            wanted.stream()
                                    .map(row -> all.narrow(0, has.indexOf(row), 1))
                                    .toArray(Tensor[]::new));
        }

        void release() {
            residual.close();
            logits.forEach(Tensor::close);
        }
    }

    private static List<Row> withPhotos(List<Row> rows) {
        return rows.stream().filter(Row::photos).toList();
    }

    /**
     * The elements of a step's batch, those without photos before those with them; the last one has everything, and is
     * alone where the step is not guided.
     */
    private List<Row> rows(Conditions conditions, double scale, boolean guided) {
        Row whole = new Row(true, true);
        if (!guided) {
            return List.of(whole);
        }
        Row negative = new Row(false, true);
        boolean imageGuided = (conditions.image != null || conditions.people != null) && imageGuidanceScale != 1;
        if (!conditions.guided()) {
            return imageGuided ? List.of(new Row(true, false), whole) : List.of(whole);
        }
        if (!imageGuided) {
            return List.of(negative, whole);
        }
        Row bare = new Row(false, false);
        return scale == imageGuidanceScale ? List.of(bare, whole) : List.of(bare, negative, whole);
    }

    /**
     * Guidance by the prompt and by the photos, v₀₀ + s_I (v_I − v₀₀) + s_T (v_IT − v_I) (InstructPix2Pix, arXiv 2211.09800,
     * equation 3); with equal scales the middle one cancels and is not computed.
     */
    private Tensor combined(Tensor predictions, List<Row> rows, double scale) {
        if (rows.size() == 1) {
            return predictions;
        }
        Tensor[] by = Ops.chunk(predictions, rows.size(), 0);
        if (rows.size() == 2) {
            return Guidance.apply(by[0], by[1], rows.getFirst().photos ? scale : imageGuidanceScale);
        }
        return Guidance.apply(by[0], by[1], imageGuidanceScale).add(Ops.scale(by[2].sub(by[1]), scale));
    }

    /**
     * What goes into the transformer in a step.
     *
     * @param latents [B, f, C or 2C, h, w]
     * @param text [B, T, d]
     * @param timestep [1]
     * @param people of the rows with photos
     */
    private record Inputs(
            Tensor latents,
            Tensor text,
            Tensor timestep,
            @Nullable IdentityContext people) {}

    private static Inputs inputs(int step, Tensor latents, Tensor timestep, Conditions conditions, List<Row> rows) {
        Tensor image = conditions.image;
        List<Tensor> inputs = new ArrayList<>();
        List<Tensor> texts = new ArrayList<>();
        for (Row row : rows) {
            if (image == null) {
                inputs.add(latents);
            } else {
                inputs.add(Ops.cat(2, latents, row.photos ? image : torch.zeros_like(image))); // [1, f, 2C, h, w]
            }
            texts.add(conditions.text.narrow(0, conditions.guided() && row.prompt ? 1 : 0, 1));
        }
        IdentityContext people = conditions.people == null ? null : conditions.people.at(step);
        int without = rows.size() - withPhotos(rows).size();
        return new Inputs(
                Ops.cat(0, inputs.toArray(Tensor[]::new)),
                Ops.cat(0, texts.toArray(Tensor[]::new)),
                timestep,
                people == null || without == 0 ? people : people.shownFrom(without));
    }

    private VideoTransformer.Kept computed(Inputs inputs, Conditions conditions) {
        return transformer.keeping(
                inputs.latents, inputs.text, inputs.timestep, conditions.rotary, inputs.people, conditions.options);
    }

    private static void release(Scheduler.Step step) {
        step.sample().close();
        Tensor clean = step.clean();
        if (clean != null) {
            clean.close();
        }
        step.carried().forEach(Tensor::close);
    }
}
