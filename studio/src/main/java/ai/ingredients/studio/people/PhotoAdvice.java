package ai.ingredients.studio.people;

import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.studio.people.PhotoReport.Advice;
import java.util.ArrayList;
import java.util.List;

/** Says what is wrong with a photo, as somebody who has seen many videos of such photos would. */
final class PhotoAdvice {
    /** Pixels across a face below which likeness suffers. */
    private static final double SMALL = 100;
    /** How far the nose may be from the middle of the eyes, as a share of their distance. */
    private static final double TURNED = 0.35;
    /** Mean brightness, 0 to 255. */
    private static final double DARK = 45;

    private static final double BRIGHT = 225;
    /** Variance of the Laplacian below which a face of usual size has no sharp edge. */
    private static final double BLURRED = 12;

    private PhotoAdvice() {}

    static List<Advice> of(Picture photo, List<Face> faces, int chosen) {
        List<Advice> advice = new ArrayList<>();
        if (chosen < 0) {
            advice.add(new Advice(
                    "no_face", "No face was found. Take a photo where the face is larger and seen from the front."));
            return advice;
        }
        Face face = faces.get(chosen);
        Face.Box box = face.box();
        double width = box.right() - box.left();
        if (width < SMALL) {
            advice.add(new Advice(
                    "small_face",
                    "The face is " + Math.round(width) + " pixels wide. With " + Math.round(SMALL)
                            + " or more the likeness is better."));
        }
        if (faces.size() > 1) {
            advice.add(new Advice(
                    "several_faces", faces.size() + " faces were found. Make sure that the right one is chosen."));
        }
        if (box.left() < 0 || box.top() < 0 || box.right() > photo.width() || box.bottom() > photo.height()) {
            advice.add(new Advice("cut_face", "The face reaches over the edge of the photo."));
        }
        if (turned(face.landmarks())) {
            advice.add(new Advice("turned_face", "The face is turned to the side. A view from the front is better."));
        }
        light(photo, box, advice);
        return advice;
    }

    private static boolean turned(List<Face.Point> points) {
        double left = points.get(0).x();
        double right = points.get(1).x();
        double nose = points.get(2).x();
        double apart = Math.abs(right - left);
        return apart < 1 || Math.abs(nose - (left + right) / 2) / apart > TURNED;
    }

    private static void light(Picture photo, Face.Box box, List<Advice> advice) {
        int x0 = (int) Math.clamp(box.left(), 1, photo.width() - 2);
        int x1 = (int) Math.clamp(box.right(), 1, photo.width() - 2);
        int y0 = (int) Math.clamp(box.top(), 1, photo.height() - 2);
        int y1 = (int) Math.clamp(box.bottom(), 1, photo.height() - 2);
        double sum = 0;
        double edges = 0;
        double squares = 0;
        long count = 0;
        for (int y = y0; y < y1; y++) {
            for (int x = x0; x < x1; x++) {
                double here = gray(photo, x, y);
                double edge = gray(photo, x - 1, y)
                        + gray(photo, x + 1, y)
                        + gray(photo, x, y - 1)
                        + gray(photo, x, y + 1)
                        - 4 * here;
                sum += here;
                edges += edge;
                squares += edge * edge;
                count++;
            }
        }
        if (count == 0) {
            return;
        }
        double mean = sum / count;
        if (mean < DARK) {
            advice.add(new Advice("dark", "The face is very dark."));
        } else if (mean > BRIGHT) {
            advice.add(new Advice("bright", "The face is overexposed."));
        }
        if (squares / count - edges / count * (edges / count) < BLURRED) {
            advice.add(new Advice("blurred", "The face is blurred."));
        }
    }

    private static double gray(Picture photo, int x, int y) {
        int at = (y * photo.width() + x) * 3;
        byte[] rgb = photo.rgb();
        return 0.299 * (rgb[at] & 255) + 0.587 * (rgb[at + 1] & 255) + 0.114 * (rgb[at + 2] & 255);
    }
}
