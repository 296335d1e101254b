package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Portraits;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.media.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Batches of aligned faces: photos of people drawn by chance, cut out as the pipeline does it but for landmarks a little
 * off, as a detector's are, and what {@link Photometry} does to them.
 *
 * <p>Thread-safe; a batch is a pure function of its number.
 */
final class FaceCrops {
    private final Portraits portraits;
    private final int side;
    private final int photosPerPerson;
    private final Photometry photometry;
    private final double landmarkNoise;
    private final long seed;

    /**
     * @param side pixels of the crops
     * @param photosPerPerson photos of each person in a batch, one after the other
     * @param landmarkNoise standard deviation of the landmarks' errors, as a share of the eyes' distance
     */
    FaceCrops(
            Portraits portraits,
            int side,
            int photosPerPerson,
            Photometry photometry,
            double landmarkNoise,
            long seed) {
        this.portraits = portraits;
        this.side = side;
        this.photosPerPerson = photosPerPerson;
        this.photometry = photometry;
        this.landmarkNoise = landmarkNoise;
        this.seed = seed;
    }

    /** How many people there are to choose from. */
    int people() {
        return portraits.people();
    }

    /** Batch {@code index} of {@code size} faces, of different people but for the photos of one. */
    FaceBatch batch(long index, int size) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ index * 0xD1B54A32D192ED03L);
        List<Picture> faces = new ArrayList<>();
        List<Integer> people = new ArrayList<>();
        List<List<Integer>> traits = new ArrayList<>();
        for (int person : different(random, size / photosPerPerson)) {
            for (int i = 0; i < photosPerPerson; i++) {
                faces.add(face(portraits.photo(person, random.nextLong()), random));
                people.add(person);
                traits.add(portraits.traits(person));
            }
        }
        return new FaceBatch(faces, people, traits, "faces " + index + " of " + portraits.name());
    }

    private List<Integer> different(SplittableRandom random, int count) {
        if (count < 1 || count > portraits.people()) {
            throw new InvalidInputException("a batch shows " + count + " people, but " + portraits.name() + " has "
                    + portraits.people() + "; choose a smaller batch");
        }
        List<Integer> chosen = new ArrayList<>();
        while (chosen.size() < count) {
            int person = random.nextInt(portraits.people());
            if (!chosen.contains(person)) {
                chosen.add(person);
            }
        }
        return chosen;
    }

    private Picture face(PersonPhoto photo, SplittableRandom random) {
        List<Face.Point> exact = photo.landmarks();
        double eyes = Math.hypot(
                exact.get(1).x() - exact.get(0).x(),
                exact.get(1).y() - exact.get(0).y());
        double deviation = landmarkNoise * eyes;
        List<Face.Point> seen = exact.stream()
                .map(point -> new Face.Point(
                        point.x() + deviation * random.nextGaussian(), point.y() + deviation * random.nextGaussian()))
                .toList();
        return photometry.apply(FaceAligner.crop(photo.picture(), seen, side), random);
    }
}
