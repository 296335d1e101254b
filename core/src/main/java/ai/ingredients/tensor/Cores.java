package ai.ingredients.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** How many cores computation may use: two threads of one core only get in each other's way. */
final class Cores {
    private static final Path PROCESSORS = Path.of("/sys/devices/system/cpu");

    private Cores() {}

    /** Cores of this machine, but no more than this process may use; at least 1. */
    static int usable() {
        int allowed = Runtime.getRuntime().availableProcessors();
        int cores = physical(PROCESSORS);
        return cores == 0 ? allowed : Math.min(cores, allowed);
    }

    /**
     * Cores below a folder in the layout of Linux' sysfs: processors that share a core list the same siblings.
     *
     * @return 0 where the folder does not tell
     */
    static int physical(Path processors) {
        Set<String> cores = new HashSet<>();
        for (int processor = 0; ; processor++) {
            Path siblings = processors.resolve("cpu" + processor + "/topology/thread_siblings_list");
            if (!Files.isReadable(siblings)) {
                return cores.size();
            }
            try {
                cores.add(Files.readString(siblings).strip());
            } catch (IOException e) {
                return 0;
            }
        }
    }
}
