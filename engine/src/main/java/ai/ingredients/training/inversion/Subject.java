package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One person to learn a word for: photos and clips, all at the size of the model's videos.
 *
 * @param noun the word prompts would use for somebody like that, such as {@code woman}
 * @param samples photos, then clips; at least one
 */
public record Subject(String noun, List<Sample> samples) {
    /** What somebody is called of whom nothing is known. */
    public static final String PERSON = "person";

    /**
     * A photo or a clip.
     *
     * @param id for messages
     * @param caption what it shows, the person left out as {@value Templates#PLACE}; none where only templates will do
     * @param frames reads it: one frame of a photo, several of a clip
     */
    public record Sample(String id, @Nullable String caption, Supplier<List<Picture>> frames) {}

    public Subject {
        samples = List.copyOf(samples);
        if (samples.isEmpty()) {
            throw new InvalidInputException(
                    "there is no photo and no clip to learn from; ask for at least one of either");
        }
    }
}
