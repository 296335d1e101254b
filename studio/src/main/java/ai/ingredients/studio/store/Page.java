package ai.ingredients.studio.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Part of a list.
 *
 * @param rows in the order asked for
 * @param more whether there are others behind them
 */
public record Page<T>(List<T> rows, boolean more) {
    /**
     * Which part is asked for.
     *
     * @param after the id behind which it begins; none for the beginning
     * @param limit how many at most
     * @param ascending the oldest first
     * @param words to be found in it; none for all
     */
    public record Query(
            @Nullable String after,
            int limit,
            boolean ascending,
            @Nullable String words) {}

    static <T> Page<T> of(List<T> oneMore, int limit) {
        return oneMore.size() > limit ? new Page<>(oneMore.subList(0, limit), true) : new Page<>(oneMore, false);
    }

    /** {@code words} for LIKE … ESCAPE '\\'. */
    static String like(String words) {
        return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }
}
