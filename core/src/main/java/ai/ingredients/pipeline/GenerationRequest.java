package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Guidance;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.People;
import ai.ingredients.media.Picture;
import ai.ingredients.transformer.Routing;
import org.jspecify.annotations.Nullable;

/**
 * One video to make.
 *
 * @param prompt what happens in the video
 * @param negativePrompt what should not; empty for nothing
 * @param people who appears, with their reference canvas; none for plain text-to-video
 * @param picture the first frame, for plain image-to-video checkpoints; with people, their canvas takes its place
 * @param size frames and pixels
 * @param seed of all noise: same seed, same weights, same video
 * @param steps denoising steps
 * @param guidanceScale how strongly the prompt is followed; 1 or less turns guidance off and halves the work
 * @param imageGuidanceScale how strongly the photos or the first frame are followed; 1, as in the official pipeline, adds
 *     nothing. Anything else computes each step without the image too, which the model must have learned, and lets every
 *     branch route by itself
 * @param guidance whether the prompt's scale is constant over the steps
 * @param scheduler how one step follows from another
 * @param routing which half of the guidance batch decides who owns which token
 * @param faceScale factor of the identity features; none for the model's own {@code local_face_scale}
 * @param maxSequenceLength text tokens; none for the model's own {@code max_text_seq_length}
 * @param steering what is decided about the people beyond their photos; {@link Steering#NONE} for nothing
 */
public record GenerationRequest(
        String prompt,
        String negativePrompt,
        @Nullable People people,
        @Nullable Picture picture,
        VideoSize size,
        long seed,
        int steps,
        double guidanceScale,
        double imageGuidanceScale,
        Guidance guidance,
        Scheduler.Kind scheduler,
        Routing routing,
        @Nullable Double faceScale,
        @Nullable Integer maxSequenceLength,
        Steering steering) {
    public static final int DEFAULT_STEPS = 50;
    public static final double DEFAULT_GUIDANCE_SCALE = 6.0;
    public static final long DEFAULT_SEED = 42;

    public GenerationRequest {
        if (prompt.isBlank()) {
            throw new InvalidInputException("the prompt is empty; describe the video, for instance "
                    + "\"Two men in suits talk in a dimly lit room.\"");
        }
        if (steps < 1) {
            throw new InvalidInputException("--steps " + steps + " is too few; use at least 1 (50 is usual)");
        }
        if (!Double.isFinite(guidanceScale)) {
            throw new InvalidInputException("--guidance " + guidanceScale + " is no number; 6 is usual");
        }
        if (!Double.isFinite(imageGuidanceScale)) {
            throw new InvalidInputException("--image-guidance " + imageGuidanceScale + " is no number; 1 adds nothing");
        }
        if (faceScale != null && !Double.isFinite(faceScale)) {
            throw new InvalidInputException("--face-scale " + faceScale + " is no number; 1 is usual");
        }
        if (maxSequenceLength != null && maxSequenceLength < 1) {
            throw new InvalidInputException(
                    "--max-sequence-length " + maxSequenceLength + " is too short; 226 tokens are usual");
        }
    }

    /** With nothing decided about the people. */
    public GenerationRequest(
            String prompt,
            String negativePrompt,
            @Nullable People people,
            @Nullable Picture picture,
            VideoSize size,
            long seed,
            int steps,
            double guidanceScale,
            double imageGuidanceScale,
            Guidance guidance,
            Scheduler.Kind scheduler,
            Routing routing,
            @Nullable Double faceScale,
            @Nullable Integer maxSequenceLength) {
        this(
                prompt,
                negativePrompt,
                people,
                picture,
                size,
                seed,
                steps,
                guidanceScale,
                imageGuidanceScale,
                guidance,
                scheduler,
                routing,
                faceScale,
                maxSequenceLength,
                Steering.NONE);
    }

    /** A request with the official defaults. */
    public static GenerationRequest of(String prompt, @Nullable People people, VideoSize size) {
        return new GenerationRequest(
                prompt,
                "",
                people,
                null,
                size,
                DEFAULT_SEED,
                DEFAULT_STEPS,
                DEFAULT_GUIDANCE_SCALE,
                1,
                Guidance.CONSTANT,
                Scheduler.Kind.DPM,
                Routing.REFERENCE,
                null,
                null);
    }

    /** The same with another {@code steering}. */
    public GenerationRequest with(Steering other) {
        return new GenerationRequest(
                prompt,
                negativePrompt,
                people,
                picture,
                size,
                seed,
                steps,
                guidanceScale,
                imageGuidanceScale,
                guidance,
                scheduler,
                routing,
                faceScale,
                maxSequenceLength,
                other);
    }

    /** Whether each step also computes the negative prompt. */
    public boolean guided() {
        return guidanceScale > 1;
    }
}
