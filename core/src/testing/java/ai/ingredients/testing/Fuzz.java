package ai.ingredients.testing;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What fuzz targets have in common: bytes are read as a file, and either that works or it is refused in one clean line.
 * Whatever else is thrown fails the target. {@code build/fuzz} runs all of them.
 */
public final class Fuzz {
    private Fuzz() {}

    /** Reads a file, or the files of a folder. */
    @FunctionalInterface
    public interface Reading {
        void of(Path file) throws IOException;
    }

    /** {@code content} as a file called {@code name} in a folder of its own, which is removed afterwards. */
    public static void file(String name, byte[] content, Reading reading) {
        folder(content, folder -> reading.of(Files.write(folder.resolve(name), content)));
    }

    /** A folder for what is made of {@code content}, which is removed afterwards. */
    public static void folder(byte[] content, Reading reading) {
        folder(content.length, reading);
    }

    /** A folder for what is made of an input of {@code length} bytes. */
    public static void folder(int length, Reading reading) {
        try {
            Path folder = Files.createTempDirectory("fuzz");
            try {
                FuzzMemory.bounded(length, () -> {
                    try {
                        reading.of(folder);
                    } catch (InvalidInputException | OperationFailedException e) {
                        clean(e);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            } finally {
                remove(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code reading} of {@code text}, which needs no file. */
    public static void text(byte[] text, Consumer<String> reading) {
        FuzzMemory.bounded(text.length, () -> {
            var unused = refused(() -> reading.accept(new String(text, StandardCharsets.UTF_8)));
        });
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
