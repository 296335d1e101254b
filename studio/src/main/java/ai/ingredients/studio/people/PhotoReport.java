package ai.ingredients.studio.people;

import ai.ingredients.face.Face;
import java.util.List;

/**
 * What was found in a photo. All pixels are those of the photo as it is kept: upright, its longer side at most 1024.
 *
 * @param width pixels
 * @param height pixels
 * @param faces in order of falling score
 * @param chosen which of them is taken; −1 when there is none
 * @param advice what is wrong with it
 */
public record PhotoReport(int width, int height, List<FoundFace> faces, int chosen, List<Advice> advice) {
    public PhotoReport {
        faces = List.copyOf(faces);
        advice = List.copyOf(advice);
    }

    /**
     * A face.
     *
     * @param box left, top, right, bottom, within the photo
     * @param score 0 to 1
     * @param landmarks five points x, y
     */
    public record FoundFace(List<Double> box, double score, List<List<Double>> landmarks) {}

    /**
     * What could be better.
     *
     * @param code a word for programs
     * @param message a line for people
     */
    public record Advice(String code, String message) {}

    static FoundFace found(Face face, int width, int height) {
        Face.Box box = face.box();
        return new FoundFace(
                List.of(
                        (double) Math.clamp(box.left(), 0, width),
                        (double) Math.clamp(box.top(), 0, height),
                        (double) Math.clamp(box.right(), 0, width),
                        (double) Math.clamp(box.bottom(), 0, height)),
                face.score(),
                face.landmarks().stream()
                        .map(point -> List.of(point.x(), point.y()))
                        .toList());
    }
}
