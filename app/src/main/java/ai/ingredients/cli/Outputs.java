package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.Video;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.FileGroup;
import ai.ingredients.media.FrameFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files one command writes: no two under one name, none over what the command reads, and all or none of them: they
 * get their names together, in {@link #commit}.
 */
final class Outputs implements AutoCloseable {
    private final Map<Path, String> claimed = new LinkedHashMap<>();
    private final Map<String, String> failed = new LinkedHashMap<>();
    private final FileGroup group = new FileGroup();

    /** Notes that {@code option} will write {@code file}, which must be possible. */
    void claim(String option, Path file) {
        AtomicFile.checkWritable(file);
        name(option, file);
    }

    /** Notes that {@code option} will write {@code file}, or into a folder of this name, which was checked. */
    void name(String option, Path file) {
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
    void write(@Nullable Path file, FileGroup.Writer writer) {
        if (file != null) {
            group.write(file, writer);
        }
    }

    /** Adds a video and its recipe beside it; see {@link Video#addTo(FileGroup, Path, Video.Writing)}. */
    void add(Video video, Path file, Video.Writing how) {
        video.addTo(group, file, how);
    }

    /** Adds frames and their recipe; see {@link Video#addTo(FileGroup, FrameFolder, Video.Writing)}. */
    void add(Video video, FrameFolder folder, Video.Writing how) {
        video.addTo(group, folder, how);
    }

    /** Adds a file that is complete. */
    void add(AtomicFile file) {
        group.add(file);
    }

    /**
     * Does what {@code option} asked for beside the command's main work: a failure costs only that, and is told at the end.
     * After one, nothing more is done for the option.
     */
    void aside(String option, Runnable work) {
        if (failed.containsKey(option)) {
            return;
        }
        try {
            work.run();
        } catch (OperationFailedException | InvalidInputException e) {
            failed.put(option, String.valueOf(e.getMessage()));
        }
    }

    /** Whether everything for {@code option} went well. */
    boolean well(String option) {
        return !failed.containsKey(option);
    }

    /** What went wrong aside, by option. */
    Map<String, String> failures() {
        return failed;
    }

    /** All files are done and get their names; processes that write the same {@code main} do so one after the other. */
    void commit(Path main) {
        group.commit(main);
    }

    /** Removes what was not committed. */
    @Override
    public void close() {
        group.close();
    }
}
