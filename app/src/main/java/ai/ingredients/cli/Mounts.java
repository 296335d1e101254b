package ai.ingredients.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux says about its file systems. */
final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mounts");

    private Mounts() {}

    /** Whether {@code folder} lies on a file system from which nothing is run; false where there is no way to tell. */
    static boolean forbidPrograms(Path folder) {
        try {
            return Files.isReadable(TABLE) && forbidPrograms(Files.readAllLines(TABLE), folder.toRealPath());
        } catch (IOException e) {
            return false;
        }
    }

    /** As above, with the lines of the table: device, place, kind, options. The last mount on the deepest place counts. */
    static boolean forbidPrograms(List<String> table, Path folder) {
        int depth = -1;
        boolean forbidden = false;
        for (String line : table) {
            String[] fields = line.split(" ");
            if (fields.length < 4) {
                continue;
            }
            Path place = Path.of(fields[1].replace("\\040", " "));
            if (folder.startsWith(place) && place.getNameCount() >= depth) {
                depth = place.getNameCount();
                forbidden = List.of(fields[3].split(",")).contains("noexec");
            }
        }
        return forbidden;
    }
}
