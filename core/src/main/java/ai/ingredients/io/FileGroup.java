package ai.ingredients.io;

import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Files that belong together: written under temporary names first, they get their own all at once. Where two processes
 * write the same ones, all of them come from the one that ended last.
 *
 * <pre>{@code
 * try (FileGroup group = new FileGroup()) {
 *     group.add(videoFile);                                   // written by others, complete
 *     group.write(recipe, file -> JsonFile.write(file, json));
 *     group.commit(video);
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class FileGroup implements AutoCloseable {
    /** Renaming takes milliseconds: a lock of this age was left by a process that was killed. */
    private static final Duration ABANDONED = Duration.ofSeconds(20);

    private static final int WAIT_MILLIS = 5;

    /** Writes one file under the name it is given. */
    public interface Writer {
        void write(Path file);
    }

    private final List<AtomicFile> files = new ArrayList<>();

    /**
     * Has {@code writer} write what will be {@code target}.
     *
     * @throws OperationFailedException when it fails, naming {@code target}; the others are as they were
     */
    public void write(Path target, Writer writer) {
        AtomicFile file = AtomicFile.create(target);
        boolean written = false;
        try {
            writer.write(file.path());
            file.complete();
            files.add(file);
            written = true;
        } catch (OperationFailedException e) {
            String message = String.valueOf(e.getMessage());
            throw new OperationFailedException(message.replace(file.path().toString(), target.toString()), e);
        } finally {
            if (!written) {
                file.close();
            }
        }
    }

    /** Adds a complete file, which is the group's from now on. */
    public void add(AtomicFile file) {
        files.add(file);
    }

    /**
     * Gives all files their names.
     *
     * @param main the one that processes which write the same group have in common
     * @throws OperationFailedException when the system refuses one; new ones that have their names by then lose them again
     */
    public void commit(Path main) {
        files.forEach(
                AtomicFile::complete); // nothing that takes long, and nothing that may fail, is left for the renames
        Path lock = lock(main);
        try {
            Unfinished.together(this::rename);
        } finally {
            Unfinished.remove(lock);
        }
    }

    private void rename() {
        List<Path> fresh = new ArrayList<>();
        boolean all = false;
        try {
            for (AtomicFile file : files) {
                boolean there = Files.exists(file.target());
                file.commit();
                if (!there) {
                    fresh.add(file.target());
                }
            }
            all = true;
        } finally {
            if (!all) {
                fresh.forEach(Unfinished::remove);
            }
        }
    }

    /** Makes the hidden file beside {@code target} that others wait for. */
    private static Path lock(Path target) {
        Path lock = target.toAbsolutePath().resolveSibling("." + target.getFileName() + ".lock");
        while (true) {
            try {
                return Unfinished.make(lock, () -> Files.createFile(lock));
            } catch (FileAlreadyExistsException e) {
                waitFor(lock);
            } catch (IOException e) {
                throw new OperationFailedException(
                        target + ": cannot be written (" + IoReason.of(e) + "); check the permissions there", e);
            }
        }
    }

    private static void waitFor(Path lock) {
        try {
            Instant since = Files.getLastModifiedTime(lock).toInstant();
            if (since.plus(ABANDONED).isBefore(Instant.now())) {
                Files.deleteIfExists(lock);
            } else {
                Thread.sleep(WAIT_MILLIS);
            }
        } catch (NoSuchFileException e) {
            return; // released meanwhile
        } catch (IOException e) {
            throw new OperationFailedException(
                    lock + ": is in the way (" + IoReason.of(e) + "); remove it if no other run is going on", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException(lock + ": the wait for it was interrupted", e);
        }
    }

    /** Removes what has no name of its own yet. Does nothing the second time. */
    @Override
    public void close() {
        files.forEach(AtomicFile::close);
        files.clear();
    }
}
