package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Scope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Shows every few steps what a video would be if denoising ended there: small pictures of all its latent frames, by the
 * model's {@link LatentColours}. Costs next to nothing and changes no bit of the video.
 *
 * <pre>{@code
 * video.listener(new Previews(video.request(), 5, (step, frames) -> Png.write(file, frames.getLast())));
 * }</pre>
 */
public final class Previews implements GenerationListener {
    private final LatentColours colours;
    private final int latentFrames;
    private final int every;
    private final Shown shown;

    /** Takes the pictures. */
    @FunctionalInterface
    public interface Shown {
        /**
         * Called on the thread that makes the video, which waits.
         *
         * @param step that was done, counted from 0
         * @param frames one for each latent frame, in order, with a pixel for each latent
         */
        void show(int step, List<Picture> frames);
    }

    /**
     * @param request of the video
     * @param every so many steps
     * @throws InvalidInputException when nothing is known of the model's colours, or {@code every} is below 1
     */
    public Previews(GenerationRequest request, int every, Shown shown) {
        if (every < 1) {
            throw new InvalidInputException("`preview` is " + every + "; expected a number of steps, 1 or more");
        }
        colours = request.bundle().requiredColours();
        latentFrames = request.size().latentFrames();
        this.every = every;
        this.shown = shown;
    }

    @Override
    public void clean(int step, Tensor clean) {
        if ((step + 1) % every == 0) {
            try (Scope scope = Scope.inference()) {
                long padding = clean.size(1) - latentFrames;
                shown.show(step, colours.pictures(clean.narrow(1, padding, latentFrames)));
            }
        }
    }
}
