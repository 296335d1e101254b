package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * How clips of a fixed length are made of the videos in a folder.
 *
 * @param width pixels across; absent: what {@code dataset.json} says. Frames are resized until they cover the size, then
 *     cut at the centre
 * @param height pixels down; absent: what {@code dataset.json} says
 * @param frames of a clip
 * @param stride a clip takes every so many-th frame of the video
 * @param skipStart frames of the video never used, at its beginning
 * @param skipEnd frames of the video never used, at its end
 * @param visible share of a clip's frames in which the face of every person must be seen
 * @param windows clips made of each video, at different places where it is long enough
 * @param photosFrom where photos may come from
 * @param heldOut share of the videos kept for validation, the same ones always; people who are first in a clip are on one
 *     side only
 */
public record FolderSettings(
        @Nullable Integer width,
        @Nullable Integer height,
        int frames,
        int stride,
        int skipStart,
        int skipEnd,
        double visible,
        int windows,
        PhotosFrom photosFrom,
        double heldOut) {
    /** 17 frames in a row, faces seen in four fifths of them, photos from anywhere but these frames. */
    public static final FolderSettings DEFAULT =
            new FolderSettings(null, null, 17, 1, 0, 0, 0.8, 1, PhotosFrom.CLIP, 0);

    /** Where a person's photos may come from; each kind is used only where those before it are too few. */
    public enum PhotosFrom {
        /** Photos that are no frames of the clip's video, and other videos with the person: cross pairs. */
        ELSEWHERE,
        /** Also other moments of the clip's video. */
        CLIP,
        /** Also the very frames of the clip. */
        WINDOW
    }

    /** Which videos of a folder. */
    public enum Part {
        ALL,
        /** Those not held out. */
        TRAINING,
        /** Those held out; all when none are. */
        VALIDATION
    }

    public FolderSettings {
        boolean sized = (width == null || width > 0) && (height == null || height > 0);
        if (!sized || frames < 1 || stride < 1 || windows < 1) {
            throw new InvalidInputException("width is " + width + ", height " + height + ", frames " + frames
                    + ", stride " + stride + " and windows " + windows + "; expected at least 1 of each");
        }
        if (skipStart < 0 || skipEnd < 0) {
            throw new InvalidInputException(
                    "skip-start is " + skipStart + " and skip-end " + skipEnd + "; expected 0 or more frames");
        }
        if (!(visible >= 0 && visible <= 1) || !(heldOut >= 0 && heldOut < 1)) {
            throw new InvalidInputException("visible is " + visible + " and held-out " + heldOut
                    + "; expected shares from 0 to 1 and from 0 to below 1");
        }
    }

    /** The same for clips of {@code count} frames. */
    public FolderSettings ofFrames(int count) {
        return new FolderSettings(
                width, height, count, stride, skipStart, skipEnd, visible, windows, photosFrom, heldOut);
    }

    /** Frames of the video from a clip's first to its last. */
    int span() {
        return (frames - 1) * stride + 1;
    }
}
