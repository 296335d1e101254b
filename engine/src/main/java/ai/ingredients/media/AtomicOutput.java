package ai.ingredients.media;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears whole or not at all: written beside its target under a hidden name, flushed to disk, then renamed
 * over it.
 *
 * <p>{@link #close} without {@link #commit} deletes what was written, and so does a shutdown hook when the process is
 * interrupted; an earlier file of that name is untouched until {@code commit}. A symbolic link is written through.
 * Not thread-safe.
 */
public final class AtomicOutput implements AutoCloseable {
    private static final int LONGEST_KEPT_NAME = 100;

    private final Path target;
    private final Path file;
    private boolean open = true;

    private AtomicOutput(Path target, Path file) {
        this.target = target;
        this.file = file;
        Interrupted.watch(file);
    }

    /**
     * Starts a file; an empty one lies at {@link #file} afterwards.
     *
     * @throws InvalidInputException as {@link #checkWritable}
     */
    public static AtomicOutput to(Path target) {
        Path real = resolved(target);
        refuseUnwritable(target, real);
        return new AtomicOutput(real, createBeside(target, real));
    }

    /** For tests: an output whose unfinished part lies at a given place. */
    static AtomicOutput to(Path target, Path file) {
        return new AtomicOutput(target, file);
    }

    /**
     * Tells early whether a file can be written at {@code target}: its folder exists and takes new files, and the target
     * is not a folder, a device or write-protected. Leaves nothing behind.
     *
     * @throws InvalidInputException naming the path and the remedy
     */
    public static void checkWritable(Path target) {
        to(target).close();
    }

    /**
     * Writes {@code bytes} to {@code target} in one step.
     *
     * @throws InvalidInputException as {@link #checkWritable}
     * @throws OperationFailedException when the disk is full or fails
     */
    public static void write(Path target, byte[] bytes) {
        try (AtomicOutput output = to(target)) {
            output.fill(bytes);
            output.commit();
        }
    }

    /** Makes {@code bytes} the content of the unfinished file; a full disk is reported here. */
    void fill(byte[] bytes) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Where to write: beside the target, so that the final rename stays on one disk. */
    public Path file() {
        return file;
    }

    /**
     * Flushes the file to disk and puts it in the target's place.
     *
     * @throws OperationFailedException when the disk is full or fails; the target is then as before
     */
    public void commit() {
        if (!open) {
            throw new IllegalStateException(target + " was already finished or given up");
        }
        try {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed(e);
        }
        open = false;
        Interrupted.forget(file);
    }

    /** Deletes what was written unless it was committed. Does nothing the second time. */
    @Override
    public void close() {
        if (open) {
            open = false;
            deleteQuietly(file);
            Interrupted.forget(file);
        }
    }

    /** Has the empty folder {@code made} removed, too, when the process is interrupted before {@link #keep}. */
    static void removeIfInterrupted(Path made) {
        Interrupted.watch(made);
    }

    /** Ends {@link #removeIfInterrupted}. */
    static void keep(Path made) {
        Interrupted.forget(made);
    }

    /** Ends {@link #removeIfInterrupted} and removes the folder if it is empty. */
    static void remove(Path made) {
        deleteQuietly(made);
        Interrupted.forget(made);
    }

    private OperationFailedException failed(IOException e) {
        return new OperationFailedException(target + ": could not be written (" + reason(e) + ")", e);
    }

    private static Path resolved(Path target) {
        Path absolute = target.toAbsolutePath();
        if (!Files.isSymbolicLink(absolute) || !Files.exists(absolute)) {
            return absolute;
        }
        try {
            return absolute.toRealPath();
        } catch (IOException e) {
            throw new InvalidInputException(target + ": the link cannot be followed (" + reason(e) + ")", e);
        }
    }

    private static void refuseUnwritable(Path target, Path real) {
        Path folder = real.getParent();
        if (folder == null || real.getFileName() == null || Files.isDirectory(real)) {
            throw new InvalidInputException(target + ": is a folder; name a file to write");
        }
        if (!Files.exists(folder)) {
            throw new InvalidInputException(target + ": folder " + folder + " does not exist; create it first");
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(target + ": " + folder + " is not a folder; choose another path");
        }
        if (Files.exists(real) && !Files.isRegularFile(real)) {
            throw new InvalidInputException(target + ": is not a regular file; choose another path");
        }
        if (Files.exists(real) && !Files.isWritable(real)) {
            throw new InvalidInputException(target + ": is write-protected; choose another path");
        }
    }

    private static Path createBeside(Path target, Path real) {
        String name = real.getFileName().toString();
        String kept = name.substring(0, Math.min(name.length(), LONGEST_KEPT_NAME));
        Path file = real.resolveSibling(
                "." + kept + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part");
        try {
            // Not Files.createTempFile: its files stay unreadable for everybody else after the rename.
            return Files.createFile(file);
        } catch (IOException e) {
            throw new InvalidInputException(
                    target + ": no file can be made in " + real.getParent() + " (" + reason(e)
                            + "); choose a folder you may write to",
                    e);
        }
    }

    /** The system's own words, without the path that Java puts in front of them. */
    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such place"; // such as a folder of /proc, which exists but takes no files
        }
        String reason = e instanceof java.nio.file.FileSystemException problem ? problem.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }

    private static void deleteQuietly(Path file) {
        try {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // Nothing can be done about it, and whatever led here is the error worth reporting.
        }
    }

    /** Unfinished files of this process and the folders made for them; removed when it is interrupted. */
    private static final class Interrupted {
        private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();
        private static volatile boolean stopping;

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(Interrupted::removeAll));
        }

        /** Other threads go on while the process ends: what they begin after {@link #removeAll} goes at once. */
        static void watch(Path path) {
            UNFINISHED.add(path);
            if (stopping) {
                deleteQuietly(path);
            }
        }

        static void forget(Path path) {
            UNFINISHED.remove(path);
        }

        private static void removeAll() {
            stopping = true;
            UNFINISHED.stream() // what lies in a folder before the folder
                    .sorted(Comparator.comparingInt(Path::getNameCount).reversed())
                    .forEach(AtomicOutput::deleteQuietly);
        }
    }
}
