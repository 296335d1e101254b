package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.AtomicFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files one command writes: no two under one name, none over what the command reads, and all or none of them. Each
 * of them is written in one step; those that were not there before go again unless {@link #keep} says that all are done.
 */
final class Outputs implements AutoCloseable {
    private final Map<Path, String> claimed = new LinkedHashMap<>();
    private final List<Path> written = new ArrayList<>();

    /** Notes that {@code option} will write {@code file}, which must be possible. */
    void claim(String option, Path file) {
        AtomicFile.checkWritable(file);
        String other = claimed.putIfAbsent(normal(file), option);
        if (other != null) {
            throw new InvalidInputException(
                    file + ": would be written by " + other + " and by " + option + "; give them different names");
        }
    }

    /** As {@link #claim(String, Path)}, for a file whose name must end in {@code extension}; without a file nothing. */
    void claim(String option, @Nullable Path file, String extension) {
        if (file == null) {
            return;
        }
        if (!String.valueOf(file.getFileName()).endsWith(extension)) {
            throw new InvalidInputException(option + " " + file + ": is written as " + extension.substring(1)
                    + "; let the name end in " + extension);
        }
        claim(option, file);
    }

    /** Refuses that a claimed file is also read. */
    void refuse(String option, @Nullable Path input) {
        String writer = input == null ? null : claimed.get(normal(input));
        if (writer != null) {
            throw new InvalidInputException(input + ": is read by " + option + " and would be overwritten by " + writer
                    + "; name another file");
        }
    }

    private static Path normal(Path file) {
        return file.toAbsolutePath().normalize();
    }

    /** Has {@code writer} write {@code file}; without a file nothing. */
    void write(@Nullable Path file, Consumer<Path> writer) {
        if (file == null) {
            return;
        }
        boolean there = Files.exists(file);
        writer.accept(file);
        if (!there) {
            written.add(file);
        }
    }

    /** All files are done. */
    void keep() {
        written.clear();
    }

    /** Removes the new files unless they are to be kept. */
    @Override
    public void close() {
        for (Path file : written) {
            var unused = file.toFile().delete(); // the failure that brought us here is the one to report
        }
    }
}
