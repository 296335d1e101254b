package ai.ingredients.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/**
 * Temporary files and the folders made for them, which go when the process ends, also when it is told to (Ctrl-C, SIGTERM,
 * SIGHUP). Thread-safe.
 */
public final class Unfinished {
    /** A folder others may still be writing into is emptied this often before what is left of it is left. */
    private static final int ATTEMPTS = 5;

    /** Each path, and whether all that lies in it is ours and goes with it. */
    private static final Map<Path, Boolean> PATHS = new ConcurrentHashMap<>();
    /**
     * Making and renaming share it; the end of the process takes it for good. So nothing is made that is not known here,
     * and renames that belong together happen all or not at all.
     */
    private static final ReadWriteLock GOING_ON = new ReentrantReadWriteLock();

    private static final AtomicBoolean ENDING = new AtomicBoolean();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Unfinished::removeAll));
    }

    private Unfinished() {}

    /** Makes something in the file system. */
    interface Maker<T> {
        T make() throws IOException;
    }

    /** Has {@code maker} make the file, or the folder that goes if it is empty, at {@code path}. */
    static <T> T make(Path path, Maker<T> maker) throws IOException {
        return make(path, false, maker);
    }

    /** As {@link #make(Path, Maker)}, for a folder that goes with all that is in it. */
    static void makeFolder(Path path) throws IOException {
        make(path, true, () -> Files.createDirectory(path));
    }

    private static <T> T make(Path path, boolean tree, Maker<T> maker) throws IOException {
        GOING_ON.readLock().lock();
        try {
            T made = maker.make();
            PATHS.put(path, tree);
            return made;
        } finally {
            GOING_ON.readLock().unlock();
        }
    }

    /** Runs {@code work}, a short one, which the end of the process waits for. */
    public static void together(Runnable work) {
        GOING_ON.readLock().lock();
        try {
            work.run();
        } finally {
            GOING_ON.readLock().unlock();
        }
    }

    /** {@code path} stays, or is there no more. */
    static void keep(Path path) {
        PATHS.remove(path);
    }

    /** Removes the file, or the folder if it is empty, now. */
    static void remove(Path path) {
        delete(path);
        PATHS.remove(path);
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // nothing better can be done: the failure that brought us here is the one to report
        }
    }

    private static void deleteTree(Path path) {
        for (int i = 0; i < ATTEMPTS && Files.exists(path); i++) {
            try (Stream<Path> all = Files.walk(path)) {
                all.sorted(Comparator.reverseOrder()).forEach(Unfinished::delete);
            } catch (IOException | UncheckedIOException e) {
                // what was listed has gone meanwhile
            }
        }
    }

    /**
     * Removes everything that is not finished. For the end of the process: whoever begins another temporary file after
     * this, in whatever thread, waits for that end. A second call does nothing.
     */
    @SuppressWarnings("LockNotBeforeTry") // held for good
    public static void removeAll() {
        if (!ENDING.compareAndSet(false, true)) {
            return;
        }
        GOING_ON.writeLock().lock();
        List<Path> deepestFirst = PATHS.keySet().stream() // what lies in a folder before the folder
                .sorted(Comparator.comparingInt(Path::getNameCount).reversed())
                .toList();
        for (Path path : deepestFirst) {
            if (Boolean.TRUE.equals(PATHS.remove(path))) {
                deleteTree(path);
            } else {
                delete(path);
            }
        }
    }
}
