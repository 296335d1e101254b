package ai.ingredients.evaluation;

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
    static SetFigure of(List<List<float[]>> videos, List<float[]> photos, long seed) {
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
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> times = new ArrayList<>();
        while (times.size() < RESAMPLES) {
            int[] drawn = new int[videos.size()];
            for (int k = 0; k < drawn.length; k++) {
                drawn[random.nextInt(drawn.length)]++;
            }
            int[] ofFaces = IntStream.range(0, drawn.length)
                    .flatMap(k -> IntStream.generate(() -> drawn[k])
                            .limit(videos.get(k).size()))
                    .toArray();
            if (Arrays.stream(ofFaces).sum() >= LEAST) { // a draw of videos without faces says nothing
                times.add(ofFaces);
            }
        }
        double[] distances = FrechetDistance.ofResamples(
                photos, videos.stream().flatMap(List::stream).toList(), times);
        Arrays.sort(distances);
        return distances;
    }
}
