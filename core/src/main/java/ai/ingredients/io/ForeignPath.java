package ai.ingredients.io;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Paths made of text that stands in a file or comes from a hub: one clear line where the system cannot have such a path
 * (a NUL, half a surrogate pair, letters the locale lacks), instead of {@link InvalidPathException}.
 */
public final class ForeignPath {
    private static final Path HERE = Path.of("");

    private ForeignPath() {}

    /**
     * The path {@code written} stands for.
     *
     * @param where who says so, such as {@code clips.jsonl:3: video}; begins the message
     * @throws InvalidInputException when it stands for none
     */
    public static Path of(String written, String where) {
        return in(HERE, written, where);
    }

    /** As {@link #of}, below {@code folder} unless it is absolute. */
    public static Path in(Path folder, String written, String where) {
        try {
            return folder.resolve(written);
        } catch (InvalidPathException e) {
            throw new InvalidInputException(
                    where + " is \"" + ForeignText.shown(written)
                            + "\", which cannot be a path here (" + ForeignText.shown(String.valueOf(e.getReason()))
                            + "); correct it",
                    e);
        }
    }

    /** As {@link #of}, beside {@code file} unless it is absolute. */
    public static Path beside(Path file, String written, String where) {
        Path folder = file.getParent();
        return in(folder == null ? HERE : folder, written, where);
    }

    /** Whether the system could have a path that is written like this. */
    public static boolean possible(String written) {
        try {
            var unused = Path.of(written);
            return true;
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
