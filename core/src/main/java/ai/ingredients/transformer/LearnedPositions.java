package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import java.util.Locale;

/** What a model with a table of learned positions does for a video of another size than the table was learned for. */
public enum LearnedPositions {
    /**
     * The table is interpolated: trilinearly over its grid of frames, rows and columns, edges not aligned. A video with
     * fewer frames takes the table's first ones, one with more has time interpolated too. Source: VideoX-Fun, the
     * trainer that resizes this family's tables; vision transformers do the same.
     */
    INTERPOLATED,
    /** It refuses, as diffusers does. */
    OFFICIAL;

    /** The command-line spelling: {@code interpolated} or {@code official}. */
    public static LearnedPositions parse(String text) {
        for (LearnedPositions choice : values()) {
            if (choice.toString().equalsIgnoreCase(text)) {
                return choice;
            }
        }
        throw new InvalidInputException(
                "`learnedPositions` \"" + text + "\" is not known; use interpolated or official");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
