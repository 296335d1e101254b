package ai.ingredients.evaluation.statistics;

import ai.ingredients.metrics.FrechetDistance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A figure of all videos together, which no single one has: the {@linkplain FrechetDistance Fréchet distance} between the
 * faces in the videos and the faces in the photos.
 *
 * <p>The interval is a bootstrap over videos; the photos stay. A resample has fewer different faces than the videos have,
 * which by itself makes the distance greater: the resampled distances are moved so that their mean is {@code value}, and
 * only their spread counts.
 *
 * @param value the distance, at least 0; NaN with fewer than two faces or two photos
 * @param low 2.5th percentile of the moved distances, at least 0
 * @param high 97.5th percentile
 * @param videos with a face
 * @param faces in them
 * @param photos they are compared with
 * @param features of a face; with fewer faces or photos the distance is far above that of many
 */
public record SetFigure(double value, double low, double high, int videos, int faces, int photos, int features) {
    private static final int RESAMPLES = 100;
    private static final int LEAST = 2;

    /**
     * The distance with its interval.
     *
     * @param videos features of the faces of each video, also of those without any
     * @param photos features of the photos' faces
     * @param seed of the resampling: same features, same seed, same interval
     */
    public static SetFigure of(List<List<float[]>> videos, List<float[]> photos, long seed) {
        List<float[]> faces = videos.stream().flatMap(List::stream).toList();
        int withFace = Math.toIntExact(
                videos.stream().filter(video -> !video.isEmpty()).count());
        if (faces.size() < LEAST || photos.size() < LEAST) {
            return new SetFigure(Double.NaN, Double.NaN, Double.NaN, withFace, faces.size(), photos.size(), 0);
        }
        FrechetDistance whole = FrechetDistance.between(photos, faces);
        double[] resampled = resampled(videos, photos, seed);
        double moved = whole.value() - Arrays.stream(resampled).average().orElse(Double.NaN);
        return new SetFigure(
                whole.value(),
                Math.max(0, Interval.quantile(resampled, Interval.TAIL) + moved),
                Interval.quantile(resampled, 1 - Interval.TAIL) + moved,
                withFace,
                faces.size(),
                photos.size(),
                whole.width());
    }

    private static double[] resampled(List<List<float[]>> videos, List<float[]> photos, long seed) {
        List<int[]> draws = draws(videos.size(), seed).stream()
                .filter(drawn -> faces(videos, drawn) >= LEAST) // a draw of videos without faces says nothing
                .toList();
        double[] distances = distances(videos, photos, draws);
        Arrays.sort(distances);
        return distances;
    }

    /** How often each of {@code videos} videos is in each resample. */
    private static List<int[]> draws(int videos, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> draws = new ArrayList<>();
        while (draws.size() < RESAMPLES) {
            int[] drawn = new int[videos];
            for (int k = 0; k < videos; k++) {
                drawn[random.nextInt(videos)]++;
            }
            draws.add(drawn);
        }
        return draws;
    }

    private static int faces(List<List<float[]>> videos, int[] drawn) {
        return IntStream.range(0, drawn.length)
                .map(k -> drawn[k] * videos.get(k).size())
                .sum();
    }

    private static double[] distances(List<List<float[]>> videos, List<float[]> photos, List<int[]> draws) {
        List<int[]> times = draws.stream()
                .map(drawn -> IntStream.range(0, drawn.length)
                        .flatMap(k -> IntStream.generate(() -> drawn[k])
                                .limit(videos.get(k).size()))
                        .toArray())
                .toList();
        return FrechetDistance.ofResamples(
                photos, videos.stream().flatMap(List::stream).toList(), times);
    }

    /**
     * How much smaller the distance of {@code one} is than that of {@code other}, both of the same videos' prompts and
     * people: every resample takes the same of both. Moved as the interval of one distance is.
     *
     * @param one features of the faces of each video
     * @param other as many videos, in the same order
     * @param photos features of the photos' faces
     * @return without a count when one of them has fewer than two faces
     */
    public static Interval smaller(
            List<List<float[]>> one, List<List<float[]>> other, List<float[]> photos, long seed) {
        SetFigure first = of(one, photos, seed);
        SetFigure second = of(other, photos, seed);
        if (Double.isNaN(first.value) || Double.isNaN(second.value)) {
            return Interval.of(new double[0], seed);
        }
        List<int[]> draws = draws(one.size(), seed).stream()
                .filter(drawn -> Math.min(faces(one, drawn), faces(other, drawn)) >= LEAST)
                .toList();
        double[] ofOne = distances(one, photos, draws);
        double[] differences = distances(other, photos, draws);
        for (int i = 0; i < differences.length; i++) {
            differences[i] -= ofOne[i];
        }
        Arrays.sort(differences);
        double gain = second.value - first.value;
        double moved = gain - Arrays.stream(differences).average().orElse(Double.NaN);
        return new Interval(
                gain,
                Interval.quantile(differences, Interval.TAIL) + moved,
                Interval.quantile(differences, 1 - Interval.TAIL) + moved,
                one.size());
    }
}
