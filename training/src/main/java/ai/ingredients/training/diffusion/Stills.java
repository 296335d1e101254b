package ai.ingredients.training.diffusion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.FolderSettings;
import ai.ingredients.training.loop.DataConfig;

/**
 * Stills that are learned from beside clips: every second batch is one of stills, so that what stills teach at a tenth of a
 * clip's cost, faces above all, is not forgotten while clips teach movement. Joint training on pictures and videos, as
 * video models are usually trained.
 *
 * @param batch stills in a batch; as many as a batch of clips has latent frames cost the same
 * @param data where they come from; its {@code window.frames} is 1
 */
public record Stills(int batch, DataConfig data) {
    /** As many as four clips of the demo world cost. */
    public static final Stills DEFAULT = new Stills(16, DataConfig.TRAIN.ofWindow(FolderSettings.DEFAULT.ofFrames(1)));

    public Stills {
        if (batch < 1) {
            throw new InvalidInputException("batch is " + batch + "; expected at least 1");
        }
        if (data.window().frames() != 1) {
            throw new InvalidInputException(
                    "data.window.frames is " + data.window().frames() + "; stills have 1");
        }
    }
}
