package ai.ingredients.evaluation.drawn;

import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.DyeColours;
import ai.ingredients.evaluation.faces.Assignment;
import ai.ingredients.evaluation.faces.FrameFace;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which colour each person of a video wears: below the face that was given to them, in all frames together.
 *
 * <p>What is looked at is the chest: as wide as the face, from a little below the chin as far down as the face is high,
 * without what lies in somebody else's face box. Each of its pixels speaks for the dye whose cloth, in the light of the
 * scene, it is nearest to, or for none when it is nearer to the skin of the face above it or far from every dye. The dye
 * with most pixels is worn. It needs no network, and so knows nothing of any model.
 */
final class PersonColours {
    /** Below the chin, in heights of the face: a neck and a collar are there. */
    private static final double NECK = 0.22;
    /** Height of what is looked at, in heights of the face. */
    private static final double CHEST = 1.0;
    /** Width of what is looked at, in widths of the face. */
    private static final double WIDTH = 0.9;
    /** Distance of colours, in steps of a channel, from which on a pixel is of no dye. */
    private static final double FAR = 60;

    private final int[][] dyes;

    PersonColours(Light light) {
        dyes = Arrays.stream(Dye.values())
                .map(dye -> DyeColours.seen(dye, light).stream()
                        .mapToInt(Integer::intValue)
                        .toArray())
                .toArray(int[][]::new);
    }

    /**
     * Judges a video.
     *
     * @param frames of the video
     * @param faces of each frame
     * @param assigned for each frame, the face of each person or {@link Assignment#NONE}
     * @return a dye for each person; none for whom no cloth is seen
     */
    List<@Nullable Dye> worn(List<Picture> frames, List<List<FrameFace>> faces, List<int[]> assigned) {
        int people = assigned.getFirst().length;
        List<@Nullable Dye> worn = new ArrayList<>();
        for (int n = 0; n < people; n++) {
            long[] votes = new long[dyes.length];
            for (int f = 0; f < frames.size(); f++) {
                int face = assigned.get(f)[n];
                if (face != Assignment.NONE) {
                    vote(frames.get(f), faces.get(f), face, votes);
                }
            }
            worn.add(most(votes));
        }
        return worn;
    }

    private static @Nullable Dye most(long[] votes) {
        int most = 0;
        for (int i = 1; i < votes.length; i++) {
            most = votes[i] > votes[most] ? i : most;
        }
        return votes[most] == 0 ? null : Dye.values()[most];
    }

    private void vote(Picture frame, List<FrameFace> faces, int own, long[] votes) {
        Face.Box box = faces.get(own).box();
        double width = box.right() - (double) box.left();
        double height = box.bottom() - (double) box.top();
        double middle = faces.get(own).x();
        int left = (int) Math.max(0, Math.round(middle - WIDTH / 2 * width));
        int right = (int) Math.min(frame.width() - 1, Math.round(middle + WIDTH / 2 * width));
        int top = (int) Math.max(0, Math.round(box.bottom() + NECK * height));
        int bottom = (int) Math.min(frame.height() - 1, Math.round(box.bottom() + (NECK + CHEST) * height));
        int skin = skin(frame, faces.get(own));
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                if (!inAnotherFace(faces, own, x, y)) {
                    int dye = nearest(pixel(frame, x, y), skin);
                    if (dye >= 0) {
                        votes[dye]++;
                    }
                }
            }
        }
    }

    private static boolean inAnotherFace(List<FrameFace> faces, int own, int x, int y) {
        for (int k = 0; k < faces.size(); k++) {
            Face.Box box = faces.get(k).box();
            if (k != own && x >= box.left() && x <= box.right() && y >= box.top() && y <= box.bottom()) {
                return true;
            }
        }
        return false;
    }

    /** The dye that {@code rgb} speaks for, or -1. */
    private int nearest(int rgb, int skin) {
        double least = Math.min(FAR * FAR, squares(rgb, skin));
        int nearest = -1;
        for (int i = 0; i < dyes.length; i++) {
            for (int cloth : dyes[i]) {
                double its = squares(rgb, cloth);
                if (its < least) {
                    least = its;
                    nearest = i;
                }
            }
        }
        return nearest;
    }

    /** The middle of the colours around the nose. */
    private static int skin(Picture frame, FrameFace face) {
        Face.Point nose = face.landmarks().get(2);
        int[][] channels = new int[3][9];
        for (int i = 0; i < 9; i++) {
            int x = (int) Math.clamp(Math.round(nose.x()) + i % 3 - 1, 0, frame.width() - 1);
            int y = (int) Math.clamp(Math.round(nose.y()) + i / 3 - 1, 0, frame.height() - 1);
            int rgb = pixel(frame, x, y);
            for (int c = 0; c < 3; c++) {
                channels[c][i] = channel(rgb, c);
            }
        }
        int skin = 0;
        for (int[] channel : channels) {
            Arrays.sort(channel);
            skin = skin << 8 | channel[4];
        }
        return skin;
    }

    private static double squares(int a, int b) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            double difference = channel(a, c) - channel(b, c);
            sum += difference * difference;
        }
        return sum;
    }

    private static int channel(int rgb, int channel) {
        return rgb >> 16 - 8 * channel & 0xFF;
    }

    private static int pixel(Picture picture, int x, int y) {
        int at = 3 * (y * picture.width() + x);
        return (picture.rgb()[at] & 0xFF) << 16 | (picture.rgb()[at + 1] & 0xFF) << 8 | picture.rgb()[at + 2] & 0xFF;
    }
}
