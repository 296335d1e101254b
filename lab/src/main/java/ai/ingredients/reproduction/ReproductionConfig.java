package ai.ingredients.reproduction;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.inversion.InversionTraining;
import ai.ingredients.training.sam.SamTraining;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Everything the tables and figures are made with; keys of {@code configs/reproduction/reproduction.yaml}.
 *
 * @param bundle the frozen models: autoencoder, text encoder, face encoders, and the networks that judge
 * @param model official config of the transformer with identity modules
 * @param textModel official config of the text-only transformer T2V initialisation begins with
 * @param sam weights of Segment Anything for Figure 7: an official checkpoint, or a folder of {@code train --stage sam};
 *     absent to train a small one with {@code segmenter}
 * @param segmenter budget of that one
 * @param cases the evaluation set
 * @param count how many of its cases are used, from the first
 * @param inversionCases how many of these the Inversion row has, for each of whose people a word is learned
 * @param sampling how videos are made
 * @param base budget of both base models, and with {@code start} the video model that the first of them begins with
 * @param faces budget of stage 1 in every row
 * @param router budget of stage 2 in every row
 * @param inversion budget of one word
 */
public record ReproductionConfig(
        Path bundle,
        Path model,
        Path textModel,
        @Nullable Path sam,
        SamTraining segmenter,
        Path cases,
        int count,
        int inversionCases,
        Sampling sampling,
        DiffusionTraining base,
        DiffusionTraining faces,
        DiffusionTraining router,
        InversionTraining inversion) {
    /**
     * How videos are made and looked at, the same in every row.
     *
     * @param steps of denoising
     * @param guidanceScale 1 turns guidance off
     * @param imageGuidanceScale how far rows with photos go beyond the video without photos; 1 as the official pipeline. Equal
     *     to {@code guidanceScale} a step computes two rows in place of three
     * @param scheduler how one step follows from another
     * @param enlarge how many times frames are enlarged before faces are looked for
     * @param minScore a face's least score
     * @param workers evaluations at a time, the cores shared out among them
     */
    public record Sampling(
            int steps,
            double guidanceScale,
            double imageGuidanceScale,
            Scheduler.Kind scheduler,
            int enlarge,
            double minScore,
            int workers) {
        public static final Sampling DEFAULT = new Sampling(25, 2.5, 1, Scheduler.Kind.DPM, 3, 0.5, 1);

        public Sampling {
            boolean guided = guidanceScale >= 1 && imageGuidanceScale >= 1; // false for what is no number, too
            if (steps < 1 || !guided || enlarge < 1 || minScore < 0 || minScore > 1 || workers < 1) {
                throw new InvalidInputException("steps is " + steps + ", guidance-scale " + guidanceScale
                        + ", image-guidance-scale " + imageGuidanceScale + ", enlarge " + enlarge + ", min-score "
                        + minScore + " and workers " + workers
                        + "; expected at least 1 of each, and a min-score from 0 to 1");
            }
        }
    }

    /**
     * Sizes of the paper's protocol.
     *
     * @param segmenter official config of a small Segment Anything
     */
    public static ReproductionConfig defaults(Path bundle, Path model, Path textModel, Path segmenter, Path cases) {
        return new ReproductionConfig(
                bundle,
                model,
                textModel,
                null,
                SamTraining.defaults(segmenter),
                cases,
                100,
                100,
                Sampling.DEFAULT,
                DiffusionTraining.defaults(DiffusionSettings.BASE, bundle, model),
                DiffusionTraining.defaults(DiffusionSettings.FACES, bundle, model),
                DiffusionTraining.defaults(DiffusionSettings.ROUTER, bundle, model),
                InversionTraining.defaults(bundle));
    }

    public ReproductionConfig {
        if (count < 1 || inversionCases < 1 || inversionCases > count) {
            throw new InvalidInputException("count is " + count + " and inversion-cases " + inversionCases
                    + "; expected at least 1 of each, and no more inversion cases than cases");
        }
    }
}
