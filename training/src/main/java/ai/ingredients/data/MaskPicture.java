package ai.ingredients.data;

import ai.ingredients.media.Picture;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All masks of a frame as one picture: red is the number of the person a pixel belongs to, green the number of the person
 * whose face or hair it shows, blue of the one whose whole head, where that is known; 1 is the clip's first person, 0
 * nobody. Where masks overlap the later person has the pixel. Flat areas deflate to a few hundred bytes.
 */
final class MaskPicture {
    /** People a byte can tell apart. */
    static final int MOST_PEOPLE = 255;

    private static final int PERSON = 0;
    private static final int FACE = 1;
    private static final int HEAD = 2;

    private MaskPicture() {}

    /**
     * @param persons of everybody in the clip's order; null for who is not there
     * @param faces the same
     * @param heads the same; empty when heads are not known
     */
    static Picture of(
            int width,
            int height,
            List<@Nullable Mask> persons,
            List<@Nullable Mask> faces,
            List<@Nullable Mask> heads) {
        byte[] rgb = new byte[width * height * 3];
        paint(rgb, PERSON, persons);
        paint(rgb, FACE, faces);
        paint(rgb, HEAD, heads);
        return new Picture(width, height, rgb);
    }

    private static void paint(byte[] rgb, int channel, List<@Nullable Mask> masks) {
        for (int person = 0; person < masks.size(); person++) {
            Mask mask = masks.get(person);
            if (mask != null) {
                byte number = (byte) (person + 1);
                mask.bits().stream().forEach(at -> rgb[3 * at + channel] = number);
            }
        }
    }

    static Mask person(Picture masks, int person) {
        return mask(masks, PERSON, person);
    }

    static Mask face(Picture masks, int person) {
        return mask(masks, FACE, person);
    }

    private static Mask mask(Picture masks, int channel, int person) {
        BitSet bits = new BitSet();
        byte number = (byte) (person + 1);
        for (int at = 0; at < masks.width() * masks.height(); at++) {
            if (masks.rgb()[3 * at + channel] == number) {
                bits.set(at);
            }
        }
        return new Mask(masks.width(), masks.height(), bits);
    }
}
