package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears under its name only when it is complete.
 *
 * <p>Everything is written to a hidden temporary file in the same folder. {@link #commit} brings it to the disk and
 * renames it, which replaces an older file of that name in one step; {@link #close} without a commit removes it, so that
 * a failure leaves the folder as it was. A temporary file is also removed when the process is told to stop (Ctrl-C).
 *
 * <pre>{@code
 * try (AtomicFile file = AtomicFile.create(path)) {
 *     file.write(bytes);            // or hand file.path() to a library that writes by name
 *     file.commit();
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class AtomicFile implements AutoCloseable {
    /** Temporary files that exist at this moment, for the removal at the end of the process. */
    private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> UNFINISHED.forEach(AtomicFile::remove)));
    }

    private static final int LONGEST_KEPT_NAME = 50;

    private final Path target;
    private final Path temporary;
    private final FileChannel channel;
    private boolean committed;

    private AtomicFile(Path target, Path temporary, FileChannel channel) {
        this.target = target;
        this.temporary = temporary;
        this.channel = channel;
    }

    /**
     * Begins to write what will be {@code name}.
     *
     * @throws InvalidInputException when its folder is missing or not writable, or when {@code name} is a folder, a
     *     device or write-protected
     * @throws OperationFailedException when the file cannot be made for another reason
     */
    @SuppressWarnings("MustBeClosedChecker") // the channel belongs to the object that is returned
    public static AtomicFile create(Path name) {
        Path target = followed(name);
        Path folder = folderOf(target);
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(target + ": there is no folder " + folder + "; make it first");
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            String what = Files.isDirectory(target) ? "a folder" : "no regular file";
            throw new InvalidInputException(target + ": is " + what + "; give the name of a file to write");
        }
        if (Files.exists(target) && !Files.isWritable(target)) {
            throw new InvalidInputException(target + ": is write-protected; choose another path");
        }
        Path temporary = temporaryFor(target, folder);
        UNFINISHED.add(temporary);
        try {
            FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            return new AtomicFile(target, temporary, channel);
        } catch (AccessDeniedException e) {
            UNFINISHED.remove(temporary);
            throw new InvalidInputException(target + ": no permission to write into " + folder, e);
        } catch (IOException e) {
            UNFINISHED.remove(temporary);
            throw failed(target, e);
        }
    }

    /** Writes {@code content} as the whole of {@code target}; errors as {@link #create} and {@link #write}. */
    public static void replace(Path target, byte[] content) {
        try (AtomicFile file = create(target)) {
            file.write(ByteBuffer.wrap(content));
            file.commit();
        }
    }

    /** A link is written through: it goes on pointing to the file, which gets the new content. */
    private static Path followed(Path name) {
        try {
            return Files.isSymbolicLink(name) && Files.exists(name) ? name.toRealPath() : name;
        } catch (IOException e) {
            throw new InvalidInputException(name + ": the link cannot be followed (" + e.getMessage() + ")", e);
        }
    }

    private static Path folderOf(Path target) {
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null) {
            throw new InvalidInputException(target + ": is a folder; give the name of a file to write");
        }
        return parent;
    }

    /** Hidden, unique, and with the target's extension, from which writers such as FFmpeg guess the format. */
    private static Path temporaryFor(Path target, Path folder) {
        String name = String.valueOf(target.getFileName());
        int dot = name.lastIndexOf('.');
        String extension = dot > 0 ? name.substring(dot) : "";
        String kept = name.substring(0, Math.min(name.length(), LONGEST_KEPT_NAME)); // file names end at 255 bytes
        long random = ThreadLocalRandom.current().nextLong() & 0xffff_ffffL;
        return folder.resolve("." + kept + "." + Long.toHexString(random) + ".part" + extension);
    }

    /** The temporary file, for libraries that write by name; they must have closed it before {@link #commit}. */
    public Path path() {
        return temporary;
    }

    /** The name the file will have. */
    public Path target() {
        return target;
    }

    /**
     * Appends all remaining bytes of {@code bytes}.
     *
     * @throws OperationFailedException when the disk is full or fails
     */
    public void write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /**
     * Puts the finished file in its place.
     *
     * @throws OperationFailedException when the disk is full or fails; the older file, if any, is then untouched
     */
    public void commit() {
        try {
            channel.force(true);
            channel.close();
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
            committed = true;
            UNFINISHED.remove(temporary);
        } catch (IOException e) {
            throw failed(target, e);
        }
        forceFolder(folderOf(target));
    }

    /** The rename itself reaches the disk with the folder; some systems cannot open a folder, which loses nothing else. */
    private static void forceFolder(Path folder) {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        } catch (IOException e) {
            // Windows, network drives: the file is there, only its survival of a power cut is less certain
        }
    }

    private static OperationFailedException failed(Path target, IOException e) {
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        return new OperationFailedException(
                target + ": cannot be written (" + reason + "); check the free space and the permissions there", e);
    }

    private static void remove(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // nothing better can be done: the failure that brought us here is the one to report
        }
        UNFINISHED.remove(temporary);
    }

    /** Removes the temporary file unless it was committed. */
    @Override
    public void close() {
        if (committed) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            // a failed write may be reported again on closing; it was thrown already
        }
        remove(temporary);
    }
}
