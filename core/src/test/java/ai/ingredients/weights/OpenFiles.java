package ai.ingredients.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What this process holds open below a folder, as Linux tells it: mappings and file descriptors. */
final class OpenFiles {
    private OpenFiles() {}

    static void assertNone(Path folder) {
        assertEquals(List.of(), below(folder), "still mapped or open");
    }

    static List<String> below(Path folder) {
        Path maps = Path.of("/proc/self/maps");
        assumeTrue(Files.exists(maps), "needs Linux's /proc");
        String prefix = folder.toAbsolutePath() + "/";
        try (Stream<String> lines = Files.lines(maps);
                Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            Stream<String> mapped =
                    lines.filter(line -> line.contains(prefix)).map(line -> line.substring(line.indexOf('/')));
            Stream<String> opened = descriptors.map(OpenFiles::target).filter(path -> path.startsWith(prefix));
            return Stream.concat(mapped, opened).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return ""; // closed since the listing, for instance that of the listing itself
        }
    }
}
