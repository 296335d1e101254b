package ai.ingredients.evaluation;

import ai.ingredients.face.Face;
import ai.ingredients.metrics.PaperMetrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * FaceSim as the official script computes it, from faces that are found already: of {@link PaperMetrics#FRAMES} frames the
 * mean similarity of the best pair of any photo with any of the two largest faces.
 *
 * <p>One good face a frame is enough for it: lost, swapped and doubled people go unnoticed. Where the official script ends
 * with an error, at a frame without a face, that frame is left out here. Networks and alignment are those of
 * {@link FaceReader}, not InsightFace's.
 */
final class PaperFaces {
    private static final int LARGEST = 2;

    private PaperFaces() {}

    /** The mean; NaN when no frame that is looked at has a face. */
    static double faceSim(List<Embedding> photos, List<List<FrameFace>> frames) {
        List<Double> best = new ArrayList<>();
        for (int frame : PaperMetrics.faceFrames(frames.size(), PaperMetrics.FRAMES)) {
            frames.get(frame).stream()
                    .sorted(Comparator.comparingDouble(PaperFaces::area).reversed())
                    .limit(LARGEST)
                    .flatMap(face -> photos.stream().map(photo -> photo.similarity(face.embedding())))
                    .max(Comparator.naturalOrder())
                    .ifPresent(best::add);
        }
        return best.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    private static double area(FrameFace face) {
        Face.Box box = face.box();
        return (double) (box.right() - box.left()) * (box.bottom() - box.top());
    }
}
