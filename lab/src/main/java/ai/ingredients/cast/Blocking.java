package ai.ingredients.cast;

import ai.ingredients.cast.CastPrompt.Action;
import java.util.SplittableRandom;

/** How the people of a clip stand and move about, whatever they do with their hands and faces. */
enum Blocking {
    /** Everyone has room. */
    APART,
    /** Heads and shoulders overlap. */
    CLOSE,
    /** The first and the last change places: one walks in front of the other. */
    CROSS,
    /** One turns their back for a while. */
    TURN_AWAY,
    /** One comes in from the side. */
    ENTER_LATE,
    /** Everyone is farther from the camera. */
    FAR;

    private static final double[] ALONE = {0.70, 0, 0, 0.10, 0.10, 0.10};
    private static final double[] TOGETHER = {0.46, 0.20, 0.10, 0.08, 0.08, 0.08};

    /** Draws one that suits what {@code people} people do: whoever sits does not walk about. */
    static Blocking draw(SplittableRandom random, int people, Action action) {
        double[] shares = people == 1 ? ALONE : TOGETHER;
        double left = random.nextDouble();
        for (Blocking blocking : values()) {
            left -= shares[blocking.ordinal()];
            if (left < 0) {
                boolean walks = blocking == CROSS || blocking == ENTER_LATE;
                return walks && action == Action.SIT ? APART : blocking;
            }
        }
        return APART;
    }

    /** Whether everyone is where a caption may say, and seen, from the first frame to the last. */
    boolean keepsPlaces() {
        return this != CROSS && this != ENTER_LATE;
    }
}
