package ai.ingredients.sam;

import ai.ingredients.InvalidInputException;

/** A box around the thing to segment, in pixels of the picture; may reach beyond it. */
public record PromptBox(float left, float top, float right, float bottom) {
    /** @throws InvalidInputException when its edges are no numbers or in the wrong order */
    public PromptBox {
        boolean finite = Float.isFinite(left) && Float.isFinite(top) && Float.isFinite(right) && Float.isFinite(bottom);
        if (!finite || right < left || bottom < top) {
            throw new InvalidInputException("the box from (" + left + ", " + top + ") to (" + right + ", " + bottom
                    + ") is none; expected left, top, right, bottom in pixels");
        }
    }
}
