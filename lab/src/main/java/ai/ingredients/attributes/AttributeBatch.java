package ai.ingredients.attributes;

import ai.ingredients.media.Picture;
import java.util.List;

/**
 * Clips and what they show.
 *
 * @param videos of one size and length
 * @param shown by each
 * @param name for messages
 */
record AttributeBatch(List<List<Picture>> videos, List<Attributes> shown, String name) {
    AttributeBatch {
        videos = List.copyOf(videos);
        shown = List.copyOf(shown);
    }
}
