package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A folder made (with its parents) for files that are still being written. {@link #close} without {@link #keep}, or an
 * interruption of the process, removes what was made of it; a folder that was there before, or that holds something by
 * then, stays. Not thread-safe.
 */
public final class MadeFolder implements AutoCloseable {
    private final Deque<Path> made = new ArrayDeque<>(); // deepest first

    private MadeFolder() {}

    /**
     * Makes {@code folder} unless something of that name is there.
     *
     * @throws InvalidInputException when the place is closed to us; nothing is left behind then
     */
    public static MadeFolder create(Path folder) {
        MadeFolder result = new MadeFolder();
        try {
            result.make(folder);
        } catch (IOException e) {
            result.close();
            throw new InvalidInputException(
                    folder + ": the folder cannot be made (" + IoReason.of(e) + "); choose another path", e);
        }
        return result;
    }

    private void make(Path folder) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path path = folder.toAbsolutePath(); path != null && !Files.exists(path); path = path.getParent()) {
            missing.push(path);
        }
        for (Path path : missing) {
            Unfinished.make(path, () -> Files.createDirectory(path));
            made.push(path);
        }
    }

    /** The folder is to stay. */
    public void keep() {
        made.forEach(Unfinished::keep);
        made.clear();
    }

    /** Removes what was made, where it is empty, unless it was kept. Does nothing the second time. */
    @Override
    public void close() {
        made.forEach(Unfinished::remove);
        made.clear();
    }
}
