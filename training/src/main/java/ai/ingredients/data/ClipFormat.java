package ai.ingredients.data;

/**
 * Sizes and times of clips that are made on demand.
 *
 * @param width pixels of a frame
 * @param height pixels of a frame
 * @param frames in a clip
 * @param fps frames per second
 * @param photoSide pixels of a photo, width and height
 */
public record ClipFormat(int width, int height, int frames, double fps, int photoSide) {
    /** 144x96 pixels, 17 frames, 8 fps, photos of 320x320. */
    public static final ClipFormat DEFAULT = new ClipFormat(144, 96, 17, 8, 320);
    /** The same with three frames a second apart, for who looks at single frames. */
    public static final ClipFormat SHORT = new ClipFormat(144, 96, 3, 1, 320);

    /** Side of photos nobody looks at: as cheap as can be. */
    private static final int UNUSED_PHOTO = 16;

    /** The same with another number of frames. */
    public ClipFormat ofFrames(int count) {
        return new ClipFormat(width, height, count, fps, photoSide);
    }

    /** The same with other frames. */
    public ClipFormat ofSize(int wide, int high, int count) {
        return new ClipFormat(wide, high, count, fps, photoSide);
    }

    /** The same for who looks at no photo. */
    public ClipFormat withoutPhotos() {
        return new ClipFormat(width, height, frames, fps, UNUSED_PHOTO);
    }
}
