package ai.ingredients.cast;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.media.ContactSheet;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clips on one picture, to look at them. */
public final class CastSheet {
    /** Colours of the people's masks, from left to right. */
    private static final List<Integer> COLOURS = List.of(0xff3040, 0x20c050, 0x3060ff);

    private static final int COLUMNS = 6;
    private static final int SCALE = 2;
    private static final int GAP = 4;

    private CastSheet() {}

    /**
     * Rows of photos, of frames, and of the same frames with what is known about them: masks (strong where the face is),
     * landmarks and the box of the face.
     */
    public static Picture of(Clip clip) {
        Picture first = clip.frames().getFirst();
        int width = first.width() * SCALE;
        int height = first.height() * SCALE;
        List<Picture> cells = new ArrayList<>();
        for (Person person : clip.people()) {
            for (PersonPhoto photo : person.photos()) {
                cells.add(centred(photo.picture(), width, height));
            }
        }
        while (cells.size() % COLUMNS != 0) {
            cells.add(Picture.filled(width, height, 255, 255, 255));
        }
        List<Picture> truth = new ArrayList<>();
        for (int i = 0; i < COLUMNS; i++) {
            int frame = (int) Math.round((double) i * (clip.frames().size() - 1) / (COLUMNS - 1));
            cells.add(larger(clip.frames().get(frame)));
            truth.add(truth(clip, frame));
        }
        cells.addAll(truth);
        return ContactSheet.of(cells, COLUMNS, GAP);
    }

    /**
     * All masks of a clip, pixel by pixel, {@value #COLUMNS} frames a row without gaps: black where nobody is, a person's
     * colour (red, green, blue from left to right) where its face is seen, half of that where the rest of it is.
     */
    public static Picture masks(Clip clip) {
        List<Picture> cells = new ArrayList<>();
        for (int frame = 0; frame < clip.frames().size(); frame++) {
            Picture size = clip.frames().get(frame);
            Picture cell = Picture.filled(size.width(), size.height(), 0, 0, 0);
            for (int i = 0; i < clip.people().size(); i++) {
                Seen seen = clip.people().get(i).track().get(frame);
                int rgb = COLOURS.get(i % COLOURS.size());
                paint(cell, seen.personMask(), Colours.blend(0, rgb, 0.5), 1, 1);
                paint(cell, seen.faceMask(), rgb, 1, 1);
            }
            cells.add(cell);
        }
        return ContactSheet.of(cells, COLUMNS, 0);
    }

    private static Picture centred(Picture photo, int width, int height) {
        Picture small = Resampling.pil(photo, height, height, Resampling.PilFilter.BICUBIC);
        Picture cell = Picture.filled(width, height, 255, 255, 255);
        int left = (width - height) / 2;
        for (int y = 0; y < height; y++) {
            System.arraycopy(small.rgb(), y * height * 3, cell.rgb(), (y * width + left) * 3, height * 3);
        }
        return cell;
    }

    /** Every pixel as a square, so that what a model sees is what one sees. */
    private static Picture larger(Picture frame) {
        int width = frame.width() * SCALE;
        Picture large = Picture.filled(width, frame.height() * SCALE, 0, 0, 0);
        for (int y = 0; y < large.height(); y++) {
            for (int x = 0; x < width; x++) {
                int from = (y / SCALE * frame.width() + x / SCALE) * 3;
                System.arraycopy(frame.rgb(), from, large.rgb(), (y * width + x) * 3, 3);
            }
        }
        return large;
    }

    private static Picture truth(Clip clip, int frame) {
        Picture picture = larger(clip.frames().get(frame));
        for (int i = 0; i < clip.people().size(); i++) {
            Seen seen = clip.people().get(i).track().get(frame);
            int rgb = COLOURS.get(i % COLOURS.size());
            paint(picture, seen.personMask(), rgb, 0.35, SCALE);
            paint(picture, seen.faceMask(), rgb, 0.35, SCALE);
        }
        for (Person person : clip.people()) {
            Seen seen = person.track().get(frame);
            Face.Box box = seen.faceBox();
            if (box != null) {
                outline(picture, box);
            }
            List<Face.Point> landmarks = seen.landmarks();
            if (landmarks != null) {
                landmarks.forEach(point -> dot(picture, point));
            }
        }
        return picture;
    }

    private static void paint(Picture picture, @Nullable Mask mask, int rgb, double opacity, int scale) {
        if (mask == null) {
            return;
        }
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                if (mask.get(x / scale, y / scale)) {
                    blend(picture, x, y, rgb, opacity);
                }
            }
        }
    }

    private static void outline(Picture picture, Face.Box box) {
        int left = scaled(box.left());
        int right = scaled(box.right());
        int top = scaled(box.top());
        int bottom = scaled(box.bottom());
        for (int x = left; x <= right; x++) {
            blend(picture, x, top, 0xffff00, 1);
            blend(picture, x, bottom, 0xffff00, 1);
        }
        for (int y = top; y <= bottom; y++) {
            blend(picture, left, y, 0xffff00, 1);
            blend(picture, right, y, 0xffff00, 1);
        }
    }

    private static void dot(Picture picture, Face.Point point) {
        int x = scaled(point.x());
        int y = scaled(point.y());
        for (int i = -1; i <= 1; i++) {
            blend(picture, x + i, y, 0xffffff, 1);
            blend(picture, x, y + i, 0xffffff, 1);
        }
    }

    /** From centres of pixels to the larger picture. */
    private static int scaled(double at) {
        return (int) Math.floor((at + 0.5) * SCALE);
    }

    private static void blend(Picture picture, int x, int y, int rgb, double opacity) {
        if (x < 0 || y < 0 || x >= picture.width() || y >= picture.height()) {
            return;
        }
        byte[] bytes = picture.rgb();
        int at = (y * picture.width() + x) * 3;
        int before = (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | bytes[at + 2] & 0xff;
        int after = Colours.blend(before, rgb, opacity);
        bytes[at] = (byte) Colours.red(after);
        bytes[at + 1] = (byte) Colours.green(after);
        bytes[at + 2] = (byte) Colours.blue(after);
    }
}
