package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds every face of a picture and embeds it, as insightface's {@code FaceAnalysis} does with a folder of ONNX files:
 *
 * <pre>
 * scrfd_10g_bnkps.onnx or det_10g.onnx    SCRFD
 * glintr100.onnx or w600k_r50.onnx        ArcFace, which gets the {@linkplain NormCrop aligned} face of 112 pixels
 * </pre>
 *
 * <p>The first pair is the pack antelopev2, which the generators of Ingredients and ConsisID are conditioned with, the
 * second buffalo_l. Their evaluations name no pack and so run insightface's default, buffalo_l, at 320x320.
 *
 * <p>Owns native memory: close it after use. Thread-safe.
 */
public final class FaceAnalysis implements AutoCloseable {
    /** Side of the canvas that the evaluations of Ingredients and ConsisID look for faces in, pixels. */
    public static final int EVALUATION_SIZE = 320;

    private static final List<String> DETECTORS = List.of("scrfd_10g_bnkps.onnx", "det_10g.onnx");
    private static final List<String> RECOGNISERS = List.of("glintr100.onnx", "w600k_r50.onnx");

    private final Scrfd detector;
    private final ArcFace recogniser;

    private FaceAnalysis(Scrfd detector, ArcFace recogniser) {
        this.detector = detector;
        this.recogniser = recogniser;
    }

    /**
     * A face and what tells its owner apart.
     *
     * @param face where it is, in pixels of the picture
     * @param embedding not normalised; not to be changed
     */
    public record Analysed(Face face, float[] embedding) {}

    /**
     * Opens the two networks in {@code folder}.
     *
     * @param size side of the square canvas faces are looked for in, pixels, a multiple of 32
     * @throws InvalidInputException naming a missing file and where to get it
     */
    public static FaceAnalysis open(Path folder, int size) {
        Path detectorFile = found(folder, "SCRFD face detector", DETECTORS);
        Path recogniserFile = found(folder, "ArcFace network", RECOGNISERS);
        Scrfd detector = Scrfd.open(detectorFile, size, size);
        try {
            return new FaceAnalysis(detector, ArcFace.open(recogniserFile));
        } catch (RuntimeException e) {
            detector.close();
            throw e;
        }
    }

    private static Path found(Path folder, String what, List<String> names) {
        Path nested = folder.resolve(String.valueOf(folder.getFileName())); // how insightface's archives unpack
        for (Path place : List.of(folder, nested)) {
            for (String name : names) {
                if (Files.isRegularFile(place.resolve(name))) {
                    return place.resolve(name);
                }
            }
        }
        throw new InvalidInputException(folder + ": missing the " + what + "; expected " + String.join(" or ", names)
                + ", from insightface's antelopev2.zip or buffalo_l.zip");
    }

    /** Length of an embedding. */
    public int width() {
        return recogniser.width();
    }

    /**
     * The faces of {@code picture}.
     *
     * @return in order of falling score; empty when there is none
     */
    public List<Analysed> analyse(Picture picture) {
        List<Analysed> analysed = new ArrayList<>();
        for (Face face : detector.detect(picture)) {
            Picture aligned = NormCrop.crop(picture, face.landmarks(), FaceRecogniser.INPUT);
            analysed.add(new Analysed(face, recogniser.embed(aligned)));
        }
        return analysed;
    }

    @Override
    public void close() {
        detector.close();
        recogniser.close();
    }
}
