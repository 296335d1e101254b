package ai.ingredients.evaluation.faces;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.metrics.FidFeatures.Normalisation;
import ai.ingredients.metrics.PaperMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * FaceSim and FID as the official script computes them, from faces that are found already: the mean over
 * {@link PaperMetrics#FRAMES} frames of the best pair of any photo with any of the two largest faces.
 *
 * <p>One good face a frame is enough for it: lost, swapped and doubled people go unnoticed. Where the official script ends
 * with an error, at a frame without a face, that frame is left out here. Detector and recogniser are those of
 * {@link FaceReader}, not InsightFace's; faces for FID are aligned as the script aligns them.
 */
public final class PaperFaces {
    private static final int LARGEST = 2;

    private PaperFaces() {}

    /** The mean similarity; NaN when no frame that is looked at has a face. */
    public static double faceSim(List<Embedding> photos, List<List<FrameFace>> frames) {
        List<Double> best = new ArrayList<>();
        for (int frame : frames(frames)) {
            largest(frames.get(frame)).stream()
                    .flatMap(face -> photos.stream().map(photo -> photo.similarity(face.embedding())))
                    .max(Comparator.naturalOrder())
                    .ifPresent(best::add);
        }
        return mean(best);
    }

    /**
     * The mean of {@link PaperMetrics#bestPairFid}; NaN when no frame that is looked at has a face.
     *
     * @param faces of each of {@code frames}, as {@code reader} found them
     */
    public static double fid(
            List<PersonPhoto> photos,
            List<Picture> frames,
            List<List<FrameFace>> faces,
            FaceReader reader,
            Inception inception) {
        List<float[]> real = inception
                .features()
                .of(
                        photos.stream()
                                .map(photo -> FaceReader.Aligner.ARCFACE.align(photo.picture(), photo.landmarks()))
                                .toList(),
                        Normalisation.PAPER);
        Map<Integer, Double> best = new HashMap<>(); // short videos have frames that are looked at more than once
        for (int frame : Arrays.stream(frames(faces)).distinct().toArray()) {
            List<Picture> crops = largest(faces.get(frame)).stream()
                    .map(face -> reader.crop(frames.get(frame), face, FaceReader.Aligner.ARCFACE))
                    .toList();
            if (!crops.isEmpty()) {
                List<float[]> generated = inception.features().of(crops, Normalisation.PAPER);
                best.put(frame, PaperMetrics.bestPairFid(real, generated));
            }
        }
        return mean(Arrays.stream(frames(faces))
                .filter(best::containsKey)
                .mapToObj(best::get)
                .toList());
    }

    private static int[] frames(List<List<FrameFace>> faces) {
        return PaperMetrics.faceFrames(faces.size(), PaperMetrics.FRAMES);
    }

    private static List<FrameFace> largest(List<FrameFace> faces) {
        return faces.stream()
                .sorted(Comparator.comparingDouble(PaperFaces::area).reversed())
                .limit(LARGEST)
                .toList();
    }

    private static double area(FrameFace face) {
        Face.Box box = face.box();
        return (double) (box.right() - box.left()) * (box.bottom() - box.top());
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }
}
