package ai.ingredients.training.sam;

import ai.ingredients.data.Mask;
import ai.ingredients.media.Picture;
import ai.ingredients.sam.PromptBox;
import java.util.List;

/**
 * Pictures, a box for each, and what should be answered.
 *
 * @param pictures of one size
 * @param boxes around a face of each picture
 * @param masks pixels of that face
 * @param name for messages
 */
record SamBatch(List<Picture> pictures, List<PromptBox> boxes, List<Mask> masks, String name) {
    SamBatch {
        pictures = List.copyOf(pictures);
        boxes = List.copyOf(boxes);
        masks = List.copyOf(masks);
    }
}
