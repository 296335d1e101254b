package ai.ingredients.evaluation.faces;

import ai.ingredients.data.Clip;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The fair protocol for one video: in every frame the faces are assigned to the photos one to one, so that the sum of
 * their similarities is greatest.
 *
 * <p>What the numbers mean:
 *
 * <ul>
 *   <li>A person is <b>missing</b> from a frame when no face was left for its photo, that is, when the frame has fewer
 *       faces than there are people. A face that looks like nobody still makes a person present; its similarity tells.
 *       Frames in which a person is {@link Hidden} do not count for that person.
 *   <li><b>FaceSim</b> is the mean similarity over people and frames, where a missing person counts 0.
 *   <li><b>Everyone is present</b> in a video when every person is present in at least half of its frames.
 *   <li>Where it is said in which order people stand from left to right, a face is <b>swapped</b> when, in a frame with
 *       everyone present, the photo of its place is not the nearest of the case's photos. A person is swapped when in more
 *       than half of these frames the face assigned to its photo stands in another one's place. These numbers do not exist
 *       where no order is said. Who wears another person's clothes is swapped, too ({@link #wearing}).
 *   <li>The <b>margin</b> of a face is its similarity to its own photo minus that to the most similar other photo of the
 *       case. A face with a margin below {@value #BLENDED_BELOW} is <b>blended</b>, as is a person whose mean margin is.
 *   <li><b>Order changes</b>: among neighbouring frames with everyone present, the share between which people assigned
 *       from left to right change.
 *   <li><b>Nearest</b>: the share of faces that are nearer to their own photo than to those of all other candidates: the
 *       other people of the case, then strangers, {@value #CANDIDATES} in all where there are as many.
 *   <li><b>Consistency</b>: the mean similarity of a person's faces in neighbouring frames, whomever they look like.
 * </ul>
 *
 * <p>A number that does not exist, such as the margin of a single person, is NaN.
 *
 * @param people in the order of their photos
 * @param everyonePresent see above
 * @param facesPerFrame mean number of faces found
 * @param extraFaces mean number of faces beyond the people, over frames
 * @param orderChanges see above, 0 to 1
 * @param candidates how many people a face was told from
 */
public record MatchedFaces(
        List<Person> people,
        boolean everyonePresent,
        double facesPerFrame,
        double extraFaces,
        double orderChanges,
        int candidates) {
    /** A face is blended when it is not at least this much nearer to its own photo than to another one. */
    public static final double BLENDED_BELOW = 0.1;
    /** How many people a face is told from. */
    public static final int CANDIDATES = 100;

    private static final double MOST = 0.5;

    public MatchedFaces {
        people = List.copyOf(people);
    }

    /**
     * One person in a video; see {@link MatchedFaces} for what the numbers mean.
     *
     * @param faceSim mean similarity over frames, misses counted 0
     * @param present share of the frames with a face for this person; NaN when hidden in all
     * @param swappedFaces share of the faces in this person's place, in frames with everyone present
     * @param swapped 1 or 0
     * @param margin mean over this person's faces
     * @param blendedFaces share of this person's faces
     * @param blended 1 or 0
     * @param swappedOrBlended 1 or 0
     * @param nearest share of this person's faces
     * @param rank mean rank of the own photo among the candidates, 1 is the nearest
     * @param consistency over neighbouring frames
     */
    public record Person(
            double faceSim,
            double present,
            double swappedFaces,
            double swapped,
            double margin,
            double blendedFaces,
            double blended,
            double swappedOrBlended,
            double nearest,
            double rank,
            double consistency) {
        private Person wearing(double clothesSwapped) {
            double either = Double.isNaN(swapped)
                    ? clothesSwapped
                    : Double.isNaN(clothesSwapped) ? swapped : Math.max(swapped, clothesSwapped);
            return new Person(
                    faceSim,
                    present,
                    swappedFaces,
                    either,
                    margin,
                    blendedFaces,
                    blended,
                    Double.isNaN(margin) ? margin : either == 1 || blended == 1 ? 1 : 0,
                    nearest,
                    rank,
                    consistency);
        }

        /** The numbers by name, in the order of the components. */
        public Map<String, Double> figures() {
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("face_sim", faceSim);
            figures.put("present", present);
            figures.put("swapped_faces", swappedFaces);
            figures.put("swapped", swapped);
            figures.put("margin", margin);
            figures.put("blended_faces", blendedFaces);
            figures.put("blended", blended);
            figures.put("swapped_or_blended", swappedOrBlended);
            figures.put("nearest", nearest);
            figures.put("rank", rank);
            figures.put("consistency", consistency);
            return figures;
        }
    }

    /**
     * The same where it was seen who wears another person's clothes: they are swapped as well.
     *
     * @param clothesSwapped of each person 1 or 0, or NaN where nothing is known
     */
    public MatchedFaces wearing(List<Double> clothesSwapped) {
        List<Person> dressed = IntStream.range(0, people.size())
                .mapToObj(n -> people.get(n).wearing(clothesSwapped.get(n)))
                .toList();
        return new MatchedFaces(dressed, everyonePresent, facesPerFrame, extraFaces, orderChanges, candidates);
    }

    /** The numbers of the whole video by name; those of people are means over the people for whom they exist. */
    public Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (String name : people.getFirst().figures().keySet()) {
            double[] values = people.stream()
                    .mapToDouble(person -> person.figures().getOrDefault(name, Double.NaN))
                    .toArray();
            figures.put(name, mean(values));
        }
        figures.put("everyone_present", everyonePresent ? 1.0 : 0.0);
        figures.put("faces_per_frame", facesPerFrame);
        figures.put("extra_faces", extraFaces);
        figures.put("order_changes", orderChanges);
        figures.put("candidates", (double) candidates);
        return figures;
    }

    /**
     * Measures a video.
     *
     * @param photos one per person
     * @param frames the faces of each frame, in any order; at least one frame
     * @param strangers photos of people who are not in the case, at least enough for {@link #CANDIDATES}; fewer make the
     *     test easier, more are not used
     * @param order of the people from left to right, as indices; empty where none is said
     * @param hidden who cannot be seen in which frames
     */
    public static MatchedFaces of(
            List<Embedding> photos,
            List<List<FrameFace>> frames,
            List<Embedding> strangers,
            List<Integer> order,
            Hidden hidden) {
        if (photos.isEmpty() || frames.isEmpty()) {
            throw new IllegalArgumentException(
                    "a video of " + frames.size() + " frames and " + photos.size() + " people");
        }
        List<Matches> matches = matches(photos, frames, hidden);
        List<Embedding> others = strangers.subList(0, Math.min(strangers.size(), CANDIDATES - photos.size()));
        List<Person> people = IntStream.range(0, photos.size())
                .mapToObj(n -> person(n, photos, matches, others, order))
                .toList();
        return new MatchedFaces(
                people,
                people.stream().noneMatch(person -> person.present < MOST),
                frames.stream().mapToInt(List::size).average().orElse(0),
                frames.stream()
                        .mapToInt(faces -> Math.max(0, faces.size() - photos.size()))
                        .average()
                        .orElse(0),
                orderChanges(matches),
                photos.size() + others.size());
    }

    /**
     * Who cannot be seen in a frame of a video, and so is not missing from it: people of a drawn clip who turn away, stand
     * behind somebody or have not come in yet. Of videos that models make nobody is known to be hidden.
     */
    public interface Hidden {
        /** Nobody, at any time. */
        Hidden NOBODY = (frame, person) -> false;

        boolean is(int frame, int person);

        /** Who shows no face in {@code clip}; nobody without one. */
        public static Hidden of(@Nullable Clip clip) {
            return clip == null
                    ? NOBODY
                    : (frame, person) ->
                            clip.people().get(person).track().get(frame).landmarks() == null;
        }
    }

    private static List<Matches> matches(List<Embedding> photos, List<List<FrameFace>> frames, Hidden hidden) {
        return IntStream.range(0, frames.size())
                .mapToObj(f -> Matches.of(photos, frames.get(f), n -> !hidden.is(f, n)))
                .toList();
    }

    /** For each frame, the face of each person or {@link Assignment#NONE}. */
    public static List<int[]> assign(List<Embedding> photos, List<List<FrameFace>> frames, Hidden hidden) {
        return matches(photos, frames, hidden).stream()
                .map(match -> match.faceOf)
                .toList();
    }

    private static Person person(
            int n, List<Embedding> photos, List<Matches> matches, List<Embedding> strangers, List<Integer> order) {
        Tally sims = new Tally();
        Tally swappedFaces = new Tally();
        Tally outOfPlace = new Tally();
        Tally margins = new Tally();
        Tally blendedFaces = new Tally();
        Tally nearest = new Tally();
        Tally ranks = new Tally();
        Tally consistency = new Tally();
        Tally present = new Tally();
        for (int f = 0; f < matches.size(); f++) {
            Matches frame = matches.get(f);
            if (!frame.expected.test(n)) {
                continue;
            }
            present.add(frame.has(n));
            if (!frame.has(n)) {
                sims.add(0);
                continue;
            }
            sims.add(frame.similarity(n, n));
            double margin = frame.margin(n);
            int rank = frame.rank(n, strangers);
            nearest.add(rank == 1);
            ranks.add(rank);
            if (f > 0 && matches.get(f - 1).has(n)) {
                consistency.add(frame.face(n)
                        .embedding()
                        .similarity(matches.get(f - 1).face(n).embedding()));
            }
            if (photos.size() > 1) {
                margins.add(margin);
                blendedFaces.add(margin < BLENDED_BELOW);
                if (!order.isEmpty() && frame.complete()) {
                    int there = frame.inPlace(order.indexOf(n));
                    swappedFaces.add(frame.nearestPhoto(there) != n);
                    outOfPlace.add(there != n);
                }
            }
        }
        double swapped = outOfPlace.flag(outOfPlace.mean() > MOST);
        double blended = margins.flag(margins.mean() < BLENDED_BELOW);
        return new Person(
                sims.mean(),
                present.mean(),
                swappedFaces.mean(),
                swapped,
                margins.mean(),
                blendedFaces.mean(),
                blended,
                margins.flag(swapped == 1 || blended == 1),
                nearest.mean(),
                ranks.mean(),
                consistency.mean());
    }

    private static double orderChanges(List<Matches> matches) {
        Tally changes = new Tally();
        for (int f = 1; f < matches.size(); f++) {
            Matches before = matches.get(f - 1);
            Matches now = matches.get(f);
            if (before.people() > 1 && before.complete() && now.complete()) {
                changes.add(!Arrays.equals(before.leftToRight, now.leftToRight));
            }
        }
        return changes.mean();
    }

    /** The faces of one frame and the photos they were given to. */
    private static final class Matches {
        private final List<Embedding> photos;
        private final List<FrameFace> faces;
        private final IntPredicate expected;
        private final int[] faceOf;
        /** People with a face, by where their faces are. */
        private final int[] leftToRight;

        private Matches(List<Embedding> photos, List<FrameFace> faces, IntPredicate expected, int[] faceOf) {
            this.photos = photos;
            this.faces = faces;
            this.expected = expected;
            this.faceOf = faceOf;
            leftToRight = IntStream.range(0, photos.size())
                    .filter(n -> faceOf[n] != Assignment.NONE)
                    .boxed()
                    .sorted(Comparator.comparingDouble(n -> face(n).x()))
                    .mapToInt(Integer::intValue)
                    .toArray();
        }

        /** @param expected whose faces there may be; the others have none */
        public static Matches of(List<Embedding> photos, List<FrameFace> faces, IntPredicate expected) {
            int[] people = IntStream.range(0, photos.size()).filter(expected).toArray();
            double[][] similarities = new double[people.length][faces.size()];
            for (int i = 0; i < people.length; i++) {
                for (int k = 0; k < faces.size(); k++) {
                    similarities[i][k] =
                            photos.get(people[i]).similarity(faces.get(k).embedding());
                }
            }
            int[] found = Assignment.maximise(similarities);
            int[] faceOf = new int[photos.size()];
            Arrays.fill(faceOf, Assignment.NONE);
            for (int i = 0; i < people.length; i++) {
                faceOf[people[i]] = found[i];
            }
            return new Matches(photos, faces, expected, faceOf);
        }

        int people() {
            return photos.size();
        }

        boolean has(int person) {
            return faceOf[person] != Assignment.NONE;
        }

        boolean complete() {
            return leftToRight.length == photos.size();
        }

        FrameFace face(int person) {
            return faces.get(faceOf[person]);
        }

        /** Who was found at {@code place} from the left. */
        int inPlace(int place) {
            return leftToRight[place];
        }

        /** Of the face given to {@code person} to the photo of {@code other}. */
        double similarity(int person, int other) {
            return face(person).embedding().similarity(photos.get(other));
        }

        int nearestPhoto(int person) {
            int nearest = 0;
            for (int other = 1; other < photos.size(); other++) {
                nearest = similarity(person, other) > similarity(person, nearest) ? other : nearest;
            }
            return nearest;
        }

        double margin(int person) {
            return similarity(person, person)
                    - IntStream.range(0, photos.size())
                            .filter(other -> other != person)
                            .mapToDouble(other -> similarity(person, other))
                            .max()
                            .orElse(Double.NaN);
        }

        /** How many candidates are at least as near as the own photo, itself included. */
        int rank(int person, List<Embedding> strangers) {
            double own = similarity(person, person);
            long nearer = IntStream.range(0, photos.size())
                    .filter(other -> other != person && similarity(person, other) >= own)
                    .count();
            Embedding face = face(person).embedding();
            nearer += strangers.stream()
                    .filter(stranger -> face.similarity(stranger) >= own)
                    .count();
            return Math.toIntExact(nearer) + 1;
        }
    }

    /** A mean in the making; NaN while there is nothing. */
    private static final class Tally {
        private double sum;
        private int count;

        void add(double value) {
            sum += value;
            count++;
        }

        void add(boolean value) {
            add(value ? 1 : 0);
        }

        double mean() {
            return count == 0 ? Double.NaN : sum / count;
        }

        /** 1 or 0, or NaN when there is nothing to judge by. */
        double flag(boolean value) {
            return count == 0 ? Double.NaN : value ? 1 : 0;
        }
    }

    private static double mean(double[] values) {
        return Arrays.stream(values)
                .filter(value -> !Double.isNaN(value))
                .average()
                .orElse(Double.NaN);
    }
}
