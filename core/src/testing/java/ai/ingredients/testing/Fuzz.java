package ai.ingredients.testing;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What fuzz targets have in common: bytes are read as a file, and either that works or it is refused in one clean line.
 * Whatever else is thrown fails the target. {@code build/fuzz} runs all of them.
 */
public final class Fuzz {
    private Fuzz() {}

    /** Reads a file. */
    @FunctionalInterface
    public interface Reading {
        void of(Path file) throws IOException;
    }

    /** {@code content} as a file called {@code name} in a folder of its own, which is removed afterwards. */
    public static void file(String name, byte[] content, Reading reading) {
        try {
            Path folder = Files.createTempDirectory("fuzz");
            try {
                reading.of(Files.write(folder.resolve(name), content));
            } catch (InvalidInputException | OperationFailedException e) {
                clean(e);
            } finally {
                remove(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code reading}; true when it was refused. */
    public static boolean refused(Runnable reading) {
        try {
            reading.run();
            return false;
        } catch (InvalidInputException | OperationFailedException e) {
            clean(e);
            return true;
        }
    }

    private static void clean(RuntimeException e) {
        if (!String.valueOf(e.getMessage()).matches("[\\P{Cc}]+")) {
            throw new AssertionError("not one line: " + e.getMessage(), e);
        }
    }

    /** The folder a file given to {@link Reading} is in. */
    public static Path folder(Path file) {
        return Objects.requireNonNull(file.getParent());
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
