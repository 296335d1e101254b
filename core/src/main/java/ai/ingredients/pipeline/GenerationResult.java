package ai.ingredients.pipeline;

import ai.ingredients.tensor.Compute;

/**
 * What making a video took, besides its frames.
 *
 * @param request that was made
 * @param compute where and in what it was computed
 * @param memory which models stayed loaded; never {@link MemoryLevel#AUTO}
 * @param tiled whether it was decoded in tiles
 * @param timings where the time went
 * @param peakMemory the most bytes that this process ever had in memory until then; 0 where the system does not tell
 */
public record GenerationResult(
        GenerationRequest request,
        Compute compute,
        MemoryLevel memory,
        boolean tiled,
        Timings timings,
        long peakMemory) {
    /** The same, with {@code seconds} that preparing people took before. */
    public GenerationResult after(double seconds) {
        return new GenerationResult(request, compute, memory, tiled, timings.withPhotos(seconds), peakMemory);
    }
}
