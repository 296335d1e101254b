package ai.ingredients.transformer;

import ai.ingredients.InvalidInputException;
import java.util.Locale;

/**
 * From which element of the guidance batch [negative prompt, prompt] routing and identity features are computed.
 *
 * <p>The official code uses element 0, the negative half, and adds its result to both; published checkpoints are used
 * that way.
 */
public enum Routing {
    /** Element 0 decides for the whole batch: bit-compatible with the official code, and cheaper. */
    REFERENCE,
    /** Every element of the batch routes and attends by itself; also what training uses. */
    PER_BRANCH;

    /** The command-line spelling: {@code reference} or {@code per-branch}. */
    public static Routing parse(String text) {
        for (Routing routing : values()) {
            if (routing.toString().equalsIgnoreCase(text)) {
                return routing;
            }
        }
        throw new InvalidInputException("routing \"" + text + "\" is not known; use reference or per-branch");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
