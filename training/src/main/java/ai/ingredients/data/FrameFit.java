package ai.ingredients.data;

import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.BitSet;
import java.util.List;

/**
 * Makes frames of one size of a video of another: resized until it just covers the frame, then cut at the centre. Boxes,
 * points and masks go the same way. Pixel (0, 0) is at point (0, 0), its edges half a pixel around it.
 *
 * @param width pixels of the frame
 * @param height pixels of the frame
 * @param resizedWidth pixels of the whole resized picture
 * @param resizedHeight pixels of the whole resized picture
 * @param scaleX frame pixels per pixel of the video
 * @param scaleY frame pixels per pixel of the video
 * @param left pixels cut off on the left
 * @param top pixels cut off at the top
 */
record FrameFit(
        int width, int height, int resizedWidth, int resizedHeight, double scaleX, double scaleY, int left, int top) {
    static FrameFit of(int fromWidth, int fromHeight, int width, int height) {
        double scale = Math.max((double) width / fromWidth, (double) height / fromHeight);
        int resizedWidth = Math.max(width, (int) Math.round(fromWidth * scale));
        int resizedHeight = Math.max(height, (int) Math.round(fromHeight * scale));
        return new FrameFit(
                width,
                height,
                resizedWidth,
                resizedHeight,
                (double) resizedWidth / fromWidth,
                (double) resizedHeight / fromHeight,
                (resizedWidth - width) / 2,
                (resizedHeight - height) / 2);
    }

    Picture apply(Picture frame) {
        Picture resized = Resampling.pil(frame, resizedWidth, resizedHeight, Resampling.PilFilter.BICUBIC);
        return cut(resized, left, top, width, height);
    }

    /** A part of a picture. */
    static Picture cut(Picture picture, int left, int top, int width, int height) {
        if (left == 0 && top == 0 && width == picture.width() && height == picture.height()) {
            return picture;
        }
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            System.arraycopy(picture.rgb(), ((top + y) * picture.width() + left) * 3, rgb, y * width * 3, width * 3);
        }
        return new Picture(width, height, rgb);
    }

    Face.Point apply(Face.Point point) {
        return new Face.Point(x(point.x()), y(point.y()));
    }

    List<Face.Point> apply(List<Face.Point> points) {
        return points.stream().map(this::apply).toList();
    }

    Face.Box apply(Face.Box box) {
        return new Face.Box(
                (float) x(box.left()), (float) y(box.top()), (float) x(box.right()), (float) y(box.bottom()));
    }

    private double x(double x) {
        return (x + 0.5) * scaleX - 0.5 - left;
    }

    private double y(double y) {
        return (y + 0.5) * scaleY - 0.5 - top;
    }

    /** Every pixel is what the mask has at its centre. */
    Mask apply(Mask mask) {
        if (width == mask.width() && height == mask.height() && scaleX == 1 && scaleY == 1) {
            return mask;
        }
        BitSet bits = new BitSet(width * height);
        for (int y = 0; y < height; y++) {
            int fromY = (int) ((y + top + 0.5) / scaleY);
            for (int x = 0; x < width; x++) {
                if (mask.get((int) ((x + left + 0.5) / scaleX), fromY)) {
                    bits.set(y * width + x);
                }
            }
        }
        return new Mask(width, height, bits);
    }

    /** Whether at least half of a box of the video lies within the frame. */
    boolean shows(Face.Box box) {
        Face.Box fitted = apply(box);
        double whole = (double) (fitted.right() - fitted.left()) * (fitted.bottom() - fitted.top());
        return whole > 0 && fitted.areaWithin(width, height) >= whole / 2;
    }
}
