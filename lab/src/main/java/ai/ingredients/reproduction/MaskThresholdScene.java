package ai.ingredients.reproduction;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastScript;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;

/**
 * A picture with faces to segment.
 *
 * @param name beside it in the figure
 * @param picture width and height are multiples of {@link #TOKEN}
 * @param boxes around the faces, pixels
 * @param truth pixels of each face and its hair; empty where they are not known
 */
record MaskThresholdScene(String name, Picture picture, List<Face.Box> boxes, List<Mask> truth) {
    /** Side of a token in pixels: 8 of a latent, 2 latents of a patch. */
    static final int TOKEN = 16;

    private static final int UNUSED_PHOTO = 16;

    MaskThresholdScene {
        boxes = List.copyOf(boxes);
        truth = List.copyOf(truth);
        if (boxes.isEmpty()) {
            throw new InvalidInputException(name + ": shows no face; Figure 7 needs one or more");
        }
        if (picture.width() % TOKEN != 0 || picture.height() % TOKEN != 0) {
            throw new InvalidInputException(name + ": is " + picture.width() + "x" + picture.height()
                    + " pixels; expected multiples of " + TOKEN + ", the side of a token");
        }
        if (!truth.isEmpty() && truth.size() != boxes.size()) {
            throw new IllegalArgumentException(truth.size() + " masks for " + boxes.size() + " faces");
        }
    }

    /**
     * The first moment of a drawn clip.
     *
     * @param width pixels, a multiple of {@link #TOKEN}, as is the next
     */
    static MaskThresholdScene drawn(String name, CastScript script, int width, int height) {
        Clip clip = script.film(name, new ClipFormat(width, height, 1, 1, UNUSED_PHOTO), 1);
        List<Face.Box> boxes = new ArrayList<>();
        List<Mask> masks = new ArrayList<>();
        for (Clip.Person person : clip.people()) {
            Seen seen = person.track().getFirst();
            if (seen.faceBox() != null && seen.faceMask() != null) {
                boxes.add(seen.faceBox());
                masks.add(seen.faceMask());
            }
        }
        return new MaskThresholdScene(name, clip.frames().getFirst(), boxes, masks);
    }
}
