package ai.ingredients.pipeline;

import java.awt.image.BufferedImage;

/**
 * Told how a video comes along. Called on the thread that makes it, which waits meanwhile. Who wants to see the tensors
 * too implements {@link GenerationListener}.
 */
public interface VideoListener {
    /** Parts of a generation, in order. */
    enum Stage {
        PHOTOS("looking for faces"),
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

    /** Before anything is loaded: what the video will take. */
    default void planned(MemoryPlan memory) {}

    /** {@code stage} begins; it will report {@code total} pieces of work. */
    default void begins(Stage stage, int total) {}

    /** {@code done} pieces of the current stage are finished. */
    default void progress(int done) {}

    /**
     * Between {@link #begins} and the first piece of a stage: the weights it needs are being loaded, {@code done} of
     * {@code total} bytes. Not called where they are loaded already.
     */
    default void loading(long done, long total) {}

    /** Something the user should know although the work goes on. One line; fields of the request are in backticks. */
    default void warning(String line) {}

    /**
     * Whether {@link #preview} is wanted after denoising step {@code step}, counted from 0. Each costs next to nothing where
     * the model's folder has {@link LatentColours}, else the decoding of one frame, and the memory of the autoencoder beside
     * the transformer where both were not loaded anyway.
     */
    default boolean wantsPreview(int step) {
        return false;
    }

    /**
     * What the video would be if denoising ended with step {@code step}: about its middle frame, at full size, or by
     * {@link LatentColours} with a pixel for each latent. Asked for by {@link #wantsPreview}; changes no bit of the video.
     */
    default void preview(int step, BufferedImage picture) {}
}
