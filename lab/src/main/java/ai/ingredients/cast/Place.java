package ai.ingredients.cast;

import java.util.List;
import java.util.Locale;

/** Where somebody stands in the picture, as the viewer sees it. */
public enum Place {
    LEFT,
    MIDDLE,
    RIGHT;

    /** "on the left". */
    String phrase() {
        return this == MIDDLE ? "in the middle" : "on the " + word();
    }

    /** "left". */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The places of {@code people} who share a picture, from left to right; one person stands in any of the three. */
    public static List<Place> of(int people) {
        return people == 2 ? List.of(LEFT, RIGHT) : List.of(values());
    }
}
