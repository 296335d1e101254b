package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * The facial extractor's first half: photos → {@link People} (paper section 3.2).
 *
 * <p>Source: {@code process_face_embeddings_split} in the reference's {@code models/utils.py}, as {@code infer.py}
 * calls it. Per photo: RetinaFace at the photo's size; the aligned 512x512 face; ArcFace of that face; the CLIP tower's
 * embedding, brought to length 1, and its five hidden states. The face as it is goes into the tower: the reference
 * loads a face parsing network too but never runs it, so no background is whitened, and nothing is detected by
 * insightface.
 *
 * <p>One difference by intent: the reference takes the face with the highest score. Here it is the largest, and who is
 * told about it through {@code notices}; {@link Photo#faceIndex} 0 is the reference's choice.
 *
 * <p>Not thread-safe. Closing it closes the models it opened.
 */
public final class FaceEncoder implements AutoCloseable {
    private static final int ENOUGH_PIXELS = 512;

    private final FaceModels models;

    /** An encoder that owns {@code models} from now on; each of them is opened when it is first needed. */
    public FaceEncoder(FaceModels models) {
        this.models = models;
    }

    /**
     * An aligned face.
     *
     * @param photo where it comes from
     * @param landmarks its five points in pixels of {@link Photo#picture}
     * @param crop {@value FaceAligner#SIZE}x{@value FaceAligner#SIZE} pixels
     */
    public record Crop(Photo photo, List<Face.Point> landmarks, Picture crop) {}

    /**
     * Turns one photo per person into what the video transformer and the VAE take.
     *
     * @param photos at least one; one person each, in the order of the people
     * @param notices receives one line for each photo with several faces, saying which was taken, and for each unlike
     *     what the networks have learned from
     * @return tensors in the models' device and dtype, owned by the innermost scope
     * @throws InvalidInputException when a photo has no face or not the face asked for, or a model file is missing
     */
    public People encode(List<Photo> photos, Consumer<String> notices) {
        return encodeEach(photos.stream().map(List::of).toList(), notices);
    }

    /**
     * As {@link #encode}, with any number of photos of each person.
     *
     * @param photos of each person at least one, in the order of the people; see {@link #join}
     */
    public People encodeEach(List<List<Photo>> photos, Consumer<String> notices) {
        List<Crop> crops = crops(photos.stream().flatMap(List::stream).toList(), notices);
        return join(crops, photos.stream().map(List::size).toList());
    }

    /**
     * People of whom there are several photos: features are averaged ({@link Identity#mean}), and the canvas has the face
     * that is largest in its photo. One photo each gives the bits of {@link #encodeCrops}.
     *
     * @param crops of all people, those of one person in a row
     * @param counts how many each person has; their sum is the number of crops
     * @return as {@link #encode}
     */
    public People join(List<Crop> crops, List<Integer> counts) {
        People single = encodeCrops(crops.stream().map(Crop::crop).toList());
        if (crops.size() == counts.size()) {
            return single;
        }
        try (Scope scope = Scope.inference()) {
            int width = models.recogniser().width();
            List<Identity> people = new ArrayList<>();
            List<Picture> shown = new ArrayList<>();
            int from = 0;
            for (int count : counts) {
                List<Identity> one = single.identities().subList(from, from + count);
                Identity mean = count == 1 ? one.getFirst() : Identity.mean(one, width);
                people.add(new Identity(
                        scope.keep(mean.idCond()),
                        mean.vitHidden().stream().map(scope::keep).toList()));
                shown.add(largestFace(crops.subList(from, from + count)).crop());
                from += count;
            }
            return new People(people, ReferenceCanvas.of(shown));
        }
    }

    /** The one with the most pixels between eyes and mouth; a face that turns away has fewer. */
    private static Crop largestFace(List<Crop> crops) {
        return crops.stream()
                .max(Comparator.comparingDouble(FaceEncoder::faceArea))
                .orElseThrow();
    }

    private static double faceArea(Crop crop) {
        List<Face.Point> points = crop.landmarks();
        Face.Point eyes = middle(points.get(0), points.get(1));
        Face.Point mouth = middle(points.get(3), points.get(4));
        return distance(points.get(0), points.get(1)) * distance(eyes, mouth);
    }

    private static Face.Point middle(Face.Point a, Face.Point b) {
        return new Face.Point((a.x() + b.x()) / 2, (a.y() + b.y()) / 2);
    }

    private static double distance(Face.Point a, Face.Point b) {
        return Math.hypot(a.x() - b.x(), a.y() - b.y());
    }

    /**
     * Finds and aligns one face in each photo.
     *
     * @param notices receives a line for each photo with several faces, and for each unlike what the networks know
     * @throws InvalidInputException as {@link #encode}
     */
    public List<Crop> crops(List<Photo> photos, Consumer<String> notices) {
        if (photos.stream().anyMatch(photo -> photo.landmarks() == null)) {
            models.checkDetector();
        }
        List<Crop> crops = new ArrayList<>();
        for (Photo photo : photos) {
            List<Face.Point> given = photo.landmarks();
            List<Face.Point> landmarks =
                    given != null ? given : choose(photo, notices).landmarks();
            try {
                crops.add(new Crop(photo, landmarks, FaceAligner.crop(photo.picture(), landmarks)));
            } catch (InvalidInputException e) {
                throw new InvalidInputException(photo.name() + ": " + e.getMessage(), e);
            }
        }
        warnOfStrangers(crops, notices);
        return crops;
    }

    /** A small model that knows drawings makes something of a photograph too, but nobody whom one would recognise. */
    private void warnOfStrangers(List<Crop> crops, Consumer<String> notices) {
        double known = models.minFlatShare();
        for (Crop crop : crops) {
            double flat = known == 0 ? 1 : Flatness.of(crop.crop());
            if (flat < known) {
                notices.accept(
                        crop.photo().name() + ": looks like nothing this model has learned from (" + percent(flat)
                                + " of the face is of even colour, " + percent(known)
                                + " and more in its drawn people); the person will hardly be recognisable: use a drawn"
                                + " person of its world, or a model that was trained on photographs");
            }
        }
    }

    private static String percent(double share) {
        return Math.round(100 * share) + " %";
    }

    private Face choose(Photo photo, Consumer<String> notices) {
        List<Face> faces = models.detector().detect(photo.picture());
        if (faces.isEmpty()) {
            throw new InvalidInputException(photo.name() + ": no face found (largest side " + photo.originalLongSide()
                    + " px; "
                    + (photo.originalLongSide() < ENOUGH_PIXELS
                            ? "use " + ENOUGH_PIXELS + " px or more)"
                            : "use a photo where the face is larger and seen from the front)"));
        }
        Integer asked = photo.faceIndex();
        if (asked != null) {
            if (asked >= faces.size()) {
                throw new InvalidInputException(photo.name() + ": face index " + asked + " does not exist; "
                        + (faces.size() == 1
                                ? "there is one face, index 0"
                                : faces.size() + " faces were found, 0 to " + (faces.size() - 1)));
            }
            return faces.get(asked);
        }
        int largest = largest(faces, photo.picture());
        if (faces.size() > 1) {
            Face.Box reduced = faces.get(largest).box();
            Face.Point from = photo.atFullSize(new Face.Point(reduced.left(), reduced.top()));
            Face.Point to = photo.atFullSize(new Face.Point(reduced.right(), reduced.bottom()));
            notices.accept(
                    photo.name() + ": " + faces.size() + " faces found; took the largest, index " + largest + " ("
                            + Math.round(to.x() - from.x()) + "x" + Math.round(to.y() - from.y())
                            + " px at " + Math.round(from.x()) + "," + Math.round(from.y())
                            + "); choose another with its face index, 0 to " + (faces.size() - 1));
        }
        return faces.get(largest);
    }

    /** The index of the face with the largest area within the photo; the first of several equal ones. */
    static int largest(List<Face> faces, Picture photo) {
        int largest = 0;
        for (int i = 1; i < faces.size(); i++) {
            double area = faces.get(i).box().areaWithin(photo.width(), photo.height());
            if (area > faces.get(largest).box().areaWithin(photo.width(), photo.height())) {
                largest = i;
            }
        }
        return largest;
    }

    /**
     * The people of aligned faces: all through the CLIP tower in one batch.
     *
     * @param crops one aligned face per person, at least one
     * @return as {@link #encode}
     */
    public People encodeCrops(List<Picture> crops) {
        if (crops.isEmpty()) {
            throw new InvalidInputException("no photos given; name one per person");
        }
        try (Scope scope = Scope.inference()) {
            Compute compute = models.compute();
            EvaVisionTower tower = models.tower();
            EvaVisionTower.Output output = tower.forward(tower.preprocess(crops));
            Tensor clip = unitLength(output.embedding()); // [N, embedDim]
            List<Identity> identities = new ArrayList<>();
            for (int i = 0; i < crops.size(); i++) {
                float[] arc = models.recogniser().embed(crops.get(i));
                Tensor idCond = Ops.cat(1, compute.place(Ops.tensor(arc, 1, arc.length)), clip.narrow(0, i, 1));
                List<Tensor> hidden = new ArrayList<>();
                for (Tensor state : output.hiddenStates()) {
                    hidden.add(scope.keep(state.narrow(0, i, 1).contiguous())); // [1, T, width]
                }
                identities.add(new Identity(scope.keep(idCond), hidden));
            }
            return new People(identities, ReferenceCanvas.of(crops));
        }
    }

    private static Tensor unitLength(Tensor rows) {
        return rows.div(rows.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true));
    }

    @Override
    public void close() {
        models.close();
    }
}
