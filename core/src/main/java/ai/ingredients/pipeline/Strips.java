package ai.ingredients.pipeline;

import ai.ingredients.pipeline.Placement.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** As many upright strips of the frame as there are people, side by side and equally wide: a place for each. */
final class Strips {
    /** All ways to share out the strips are looked at. */
    private static final int MOST_PEOPLE = 12;

    private Strips() {}

    /** Whether {@code people} can have a strip each, of {@code columns} tokens. */
    static boolean enough(int people, int columns) {
        return people > 1 && people <= Math.min(columns, MOST_PEOPLE);
    }

    /**
     * Strips for those who have no place, so that the routers' logits of all people in their strips are largest together.
     * Somebody with places keeps the strip that the first of them covers most, which nobody else gets.
     *
     * @param logits [V, N], tokens frame by frame and row by row
     * @param columns tokens of a row
     * @param asked places that people have
     */
    static List<Placement> of(float[] logits, int columns, int people, List<Placement> asked) {
        double[][] liked = new double[people][people];
        for (int v = 0; v < logits.length / people; v++) {
            int strip = (2 * (v % columns) + 1) * people / (2 * columns); // that the token's middle lies in
            for (int n = 0; n < people; n++) {
                liked[n][strip] += logits[v * people + n];
            }
        }
        int[] strips = new int[people];
        Arrays.fill(strips, -1);
        boolean[] taken = new boolean[people];
        for (Placement place : asked) {
            int person = place.person();
            if (strips[person] < 0) {
                strips[person] = covered(place.region(), taken);
                taken[strips[person]] = true;
            }
        }
        boolean[] placed = new boolean[people];
        for (int n = 0; n < people; n++) {
            placed[n] = strips[n] >= 0;
        }
        best(liked, strips, taken);
        List<Placement> places = new ArrayList<>();
        for (int n = 0; n < people; n++) {
            if (!placed[n]) {
                places.add(new Placement(n, strip(strips[n], people)));
            }
        }
        return places;
    }

    /** Strip {@code index} of {@code count}. */
    static Region strip(int index, int count) {
        return new Region((double) index / count, 0, (index + 1.0) / count, 1);
    }

    private static int covered(Region region, boolean[] taken) {
        int best = -1;
        double most = 0;
        for (int s = 0; s < taken.length; s++) {
            Region strip = strip(s, taken.length);
            double shared = Math.min(region.right(), strip.right()) - Math.max(region.left(), strip.left());
            if (!taken[s] && (best < 0 || shared > most)) {
                best = s;
                most = shared;
            }
        }
        return best;
    }

    /** Fills in the strips that are −1, by the best of all ways; by sets of strips given to the first people. */
    private static void best(double[][] liked, int[] strips, boolean[] taken) {
        int people = strips.length;
        int[] free = java.util.stream.IntStream.range(0, people)
                .filter(n -> strips[n] < 0)
                .toArray();
        int sets = 1 << people;
        double[] most = new double[sets];
        int[] last = new int[sets];
        Arrays.fill(most, Double.NEGATIVE_INFINITY);
        int start = 0;
        for (int s = 0; s < people; s++) {
            start |= taken[s] ? 1 << s : 0;
        }
        most[start] = 0;
        for (int set = start; set < sets; set++) {
            int given = Integer.bitCount(set) - Integer.bitCount(start);
            if (most[set] == Double.NEGATIVE_INFINITY || given == free.length) {
                continue;
            }
            for (int s = 0; s < people; s++) {
                int next = set | 1 << s;
                double sum = most[set] + liked[free[given]][s];
                if (next != set && sum > most[next]) {
                    most[next] = sum;
                    last[next] = s;
                }
            }
        }
        int set = sets - 1;
        for (int i = free.length - 1; i >= 0; i--) {
            strips[free[i]] = last[set];
            set &= ~(1 << last[set]);
        }
    }
}
