package ai.ingredients.pipeline;

/**
 * Where the time of a video went, in seconds.
 *
 * @param photos finding faces and preparing people; 0 where they were prepared before
 * @param text reading the prompt, with what it took to load the text encoder
 * @param canvas encoding the reference picture; 0 without one
 * @param denoising all steps, with what it took to load the transformer
 * @param decoding latents into frames
 * @param secondsPerStep of the denoising loop alone
 * @param total from start to finish
 */
public record Timings(
        double photos,
        double text,
        double canvas,
        double denoising,
        double decoding,
        double secondsPerStep,
        double total) {
    /** The same after {@code seconds} of preparing people. */
    public Timings withPhotos(double seconds) {
        return new Timings(photos + seconds, text, canvas, denoising, decoding, secondsPerStep, total + seconds);
    }
}
