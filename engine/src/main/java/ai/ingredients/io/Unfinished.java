package ai.ingredients.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Temporary files and the folders made for them, which go when the process is told to stop (Ctrl-C). */
final class Unfinished {
    private static final Set<Path> PATHS = ConcurrentHashMap.newKeySet();
    private static volatile boolean stopping;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Unfinished::removeAll));
    }

    private Unfinished() {}

    /**
     * Has {@code made}, which is there already, removed at the end of the process. Other threads go on while it ends: what
     * they begin after {@link #removeAll} goes at once.
     */
    static void add(Path made) {
        PATHS.add(made);
        if (stopping) {
            delete(made);
        }
    }

    /** Ends {@link #add}: {@code path} stays, or is there no more. */
    static void keep(Path path) {
        PATHS.remove(path);
    }

    /** Ends {@link #add} and removes the file, or the folder if it is empty. */
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

    private static void removeAll() {
        stopping = true;
        PATHS.stream() // what lies in a folder before the folder
                .sorted(Comparator.comparingInt(Path::getNameCount).reversed())
                .forEach(Unfinished::delete);
    }
}
