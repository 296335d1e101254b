package ai.ingredients.inspection;

import ai.ingredients.pipeline.VideoSize;

/**
 * Where the transformer's video tokens lie: token {@code (frame · rows + row) · columns + column}.
 *
 * @param frames latent frames
 * @param rows tokens down
 * @param columns tokens across
 */
public record TokenGrid(int frames, int rows, int columns) {
    /** The tokens of a video. */
    public static TokenGrid of(VideoSize size, int patchSize) {
        return new TokenGrid(size.latentFrames(), size.latentHeight() / patchSize, size.latentWidth() / patchSize);
    }

    /** How many tokens, V. */
    public int tokens() {
        return frames * rows * columns;
    }

    /** The latent frame that holds a video frame: the first one alone, then groups of four. */
    public static int latentFrame(int videoFrame) {
        return Math.ceilDiv(videoFrame, VideoSize.FRAMES_PER_LATENT);
    }

    /** The last video frame of a latent frame. */
    static int lastVideoFrame(int latentFrame) {
        return latentFrame * VideoSize.FRAMES_PER_LATENT;
    }
}
