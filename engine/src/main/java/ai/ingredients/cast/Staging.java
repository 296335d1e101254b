package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Who stands where in a clip and moves how: places from left to right, with room for each head. */
final class Staging {
    private static final double[][] PLACES = {{72}, {40, 104}, {25.5, 72, 118.5}};
    private static final double[] SIZES = {53, 49, 35.5};
    private static final double[] SIZE_SPREAD = {2.5, 2, 1.5};
    private static final double[] X_SPREAD = {12, 4, 2.5};
    private static final double[] NECK_Y = {72, 70.5, 61};
    private static final double[] Y_SPREAD = {2, 2, 4};

    private final List<Place> places = new ArrayList<>();
    private final List<Motion> motions = new ArrayList<>();
    private final int[] order;

    private record Place(double x, double y, double size) {}

    Staging(int people, Action action, SplittableRandom random) {
        int row = people - 1;
        for (int i = 0; i < people; i++) {
            places.add(new Place(
                    PLACES[row][i] + Seeds.between(random, -X_SPREAD[row], X_SPREAD[row]),
                    NECK_Y[row] + Seeds.between(random, -Y_SPREAD[row], Y_SPREAD[row]),
                    SIZES[row] + Seeds.between(random, -SIZE_SPREAD[row], SIZE_SPREAD[row])));
            motions.add(new Motion(action, random));
        }
        order = new int[people];
        for (int i = 0; i < people; i++) {
            int at = random.nextInt(i + 1);
            order[i] = order[at];
            order[at] = i;
        }
    }

    /** Indices of the people from the farthest to the nearest. */
    int[] order() {
        return order.clone();
    }

    /** How person {@code index} stands {@code seconds} into the clip. */
    Pose pose(int index, double seconds) {
        Place place = places.get(index);
        Pose pose = new Pose();
        pose.x = place.x;
        pose.y = place.y;
        pose.size = place.size;
        motions.get(index).pose(pose, seconds);
        return pose;
    }
}
