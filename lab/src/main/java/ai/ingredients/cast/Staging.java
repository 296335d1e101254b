package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Action;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Who stands where in a clip and moves how. People have numbers, whose order says nothing of where they stand; lengths
 * are in the units of the view, {@value ScenePainter#WIDTH} across.
 */
final class Staging {
    // By the number of people, less one: for each place from left to right, or of the head.
    private static final double[][] APART_X = {{38, 72, 106}, {40, 104}, {25, 72, 119}};
    private static final double[][] CLOSE_X = {{38, 72, 106}, {51, 93}, {33, 72, 111}};
    private static final double[] SIZES = {53, 50, 45};
    private static final double[] SIZE_SPREAD = {2.5, 2, 1.5};
    private static final double[] FAR_SIZES = {36, 34, 31};
    private static final double[] X_SPREAD = {5, 4, 2.5};
    private static final double[] NECK_Y = {72, 70.5, 67};
    private static final double[] Y_SPREAD = {2, 2, 4};
    private static final double FAR_NECK_Y = 60;

    /** Seconds in which people walk somewhere: clips are about two seconds long. */
    private static final double CROSS_FROM = 0.3;

    private static final double CROSS_TO = 1.8;
    private static final double ENTER_FROM = 0.45;
    private static final double ENTER_TO = 1.35;
    private static final double AWAY_FROM = 0.7;
    private static final double AWAY_TO = 1.5;
    /** Radians and seconds of the turn before the back is seen. */
    private static final double TURNED = 0.55;

    private static final double TURNING = 0.3;

    private final List<Spot> spots = new ArrayList<>();
    private final List<Motion> motions = new ArrayList<>();
    private final Blocking blocking;
    /** Who of them does what only one does. */
    private final int chosen;

    private final int[] order;
    private final int leftmost;
    private final int rightmost;

    private record Spot(double x, double y, double size) {}

    /** @param places of the people, by their numbers */
    Staging(List<Place> places, Action action, Blocking blocking, SplittableRandom random) {
        int people = places.size();
        int row = people - 1;
        this.blocking = blocking;
        double[] xs = (blocking == Blocking.CLOSE ? CLOSE_X : APART_X)[row];
        boolean far = blocking == Blocking.FAR;
        for (Place place : places) {
            spots.add(new Spot(
                    xs[Place.of(people).indexOf(place)] + Seeds.between(random, -X_SPREAD[row], X_SPREAD[row]),
                    (far ? FAR_NECK_Y : NECK_Y[row]) + Seeds.between(random, -Y_SPREAD[row], Y_SPREAD[row]),
                    (far ? FAR_SIZES : SIZES)[row] + Seeds.between(random, -SIZE_SPREAD[row], SIZE_SPREAD[row])));
            motions.add(new Motion(action, random));
        }
        order = new int[people];
        for (int i = 0; i < people; i++) {
            int at = random.nextInt(i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        Comparator<Integer> byX = Comparator.comparingDouble(i -> spots.get(i).x);
        leftmost = IntStream.range(0, people).boxed().min(byX).orElseThrow();
        rightmost = IntStream.range(0, people).boxed().max(byX).orElseThrow();
        boolean outer = blocking == Blocking.ENTER_LATE;
        chosen = outer ? (random.nextBoolean() ? leftmost : rightmost) : random.nextInt(people);
    }

    /** Numbers of the people from the farthest to the nearest. */
    int[] order() {
        return order.clone();
    }

    /** How person {@code index} stands {@code seconds} into the clip. */
    Pose pose(int index, double seconds) {
        Spot spot = spots.get(index);
        Pose pose = new Pose();
        pose.x = x(index, seconds);
        pose.y = spot.y;
        pose.size = spot.size;
        motions.get(index).pose(pose, seconds);
        if (blocking == Blocking.TURN_AWAY && index == chosen) {
            turn(pose, seconds);
        }
        return pose;
    }

    private double x(int index, double seconds) {
        double own = spots.get(index).x;
        if (blocking == Blocking.CROSS && spots.size() > 1) {
            double other =
                    index == leftmost ? spots.get(rightmost).x : index == rightmost ? spots.get(leftmost).x : own;
            return own + (other - own) * eased(seconds, CROSS_FROM, CROSS_TO);
        }
        if (blocking == Blocking.ENTER_LATE && index == chosen) {
            double room = 0.75 * spots.get(index).size;
            double outside = own < ScenePainter.WIDTH / 2 ? -room : ScenePainter.WIDTH + room;
            return outside + (own - outside) * eased(seconds, ENTER_FROM, ENTER_TO);
        }
        return own;
    }

    /** Sideways first, then the back is seen, and sideways again. */
    private void turn(Pose pose, double seconds) {
        int side = chosen % 2 == 0 ? 1 : -1;
        pose.away = seconds >= AWAY_FROM && seconds < AWAY_TO;
        double before = eased(seconds, AWAY_FROM - TURNING, AWAY_FROM);
        double after = 1 - eased(seconds, AWAY_TO, AWAY_TO + TURNING);
        double share = Math.min(before, after);
        pose.yaw += (side * TURNED - pose.yaw) * share;
    }

    /** From 0 before {@code from} to 1 after {@code to}, without a jerk. */
    private static double eased(double seconds, double from, double to) {
        double share = Math.clamp((seconds - from) / (to - from), 0, 1);
        return share * share * (3 - 2 * share);
    }
}
