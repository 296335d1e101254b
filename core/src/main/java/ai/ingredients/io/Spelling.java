package ai.ingredients.io;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What somebody probably meant to write. */
public final class Spelling {
    private Spelling() {}

    /** The word of {@code known} that takes the fewest edits, when at most a third of it differs; otherwise null. */
    public static @Nullable String nearest(String word, Collection<String> known) {
        String nearest = null;
        int least = Integer.MAX_VALUE;
        for (String candidate : known) {
            int edits = distance(word, candidate);
            if (edits < least && edits <= Math.max(1, Math.min(word.length(), candidate.length()) / 3)) {
                nearest = candidate;
                least = edits;
            }
        }
        return nearest;
    }

    /** How many letters must be inserted, removed, replaced or swapped with their neighbour. */
    public static int distance(String a, String b) {
        int[][] edits = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    edits[i][j] = i + j;
                    continue;
                }
                int replaced = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                edits[i][j] = Math.min(replaced, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
                }
            }
        }
        return edits[a.length()][b.length()];
    }
}
