package ai.ingredients.io;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * A file that appears under its name only when it is complete.
 *
 * <p>Everything is written to a hidden temporary file in the same folder. {@link #commit} brings it to the disk and
 * renames it, which replaces an older file of that name in one step; {@link #close} without a commit removes it, so that
 * a failure leaves the folder as it was. A temporary file is also removed when the process is told to stop (Ctrl-C), and
 * that of a process that was killed by the next one that writes into the folder ({@link Leftovers}). A symbolic link is written through, also one whose file is not there yet.
 *
 * <pre>{@code
 * AtomicFile.checkWritable(path);   // before the long work
 * try (AtomicFile file = AtomicFile.create(path)) {
 *     file.write(bytes);            // or hand file.path() to a library that writes by name
 *     file.commit();
 * }
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class AtomicFile implements AutoCloseable {
    // File names end at 255 bytes; these many characters stay below in any script.
    private static final int LONGEST_KEPT_NAME = 32;
    private static final int LONGEST_KEPT_EXTENSION = 16;
    /** Links to links that are followed, as Linux does. */
    private static final int LONGEST_CHAIN = 40;

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
     * Begins to write what will be {@code name}; an empty file lies at {@link #path} afterwards.
     *
     * @throws InvalidInputException when its folder is missing or takes no files, when {@code name} is a folder, a device
     *     or write-protected, or when the system takes no such name
     */
    @SuppressWarnings("MustBeClosedChecker") // the channel belongs to the object that is returned
    public static AtomicFile create(Path name) {
        Path target = followed(name);
        refuseUnwritable(name, target);
        Path temporary = temporaryFor(target);
        Leftovers.clear(Objects.requireNonNull(temporary.getParent(), "refused above"));
        try {
            // Not Files.createTempFile: its files stay unreadable for everybody else after the rename.
            FileChannel channel = Unfinished.make(
                    temporary,
                    () -> FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
            return new AtomicFile(target, temporary, channel);
        } catch (IOException e) {
            throw new InvalidInputException(
                    name + ": no file can be made in " + temporary.getParent() + " (" + IoReason.of(e)
                            + "); choose a folder you may write to",
                    e);
        }
    }

    /**
     * Tells early whether a file can be written at {@code name}. Leaves nothing behind.
     *
     * @throws InvalidInputException as {@link #create}, naming the path and the remedy
     */
    public static void checkWritable(Path name) {
        create(name).close();
    }

    /** Writes {@code content} as the whole of {@code target}; errors as {@link #create} and {@link #write}. */
    public static void replace(Path target, byte[] content) {
        try (AtomicFile file = create(target)) {
            file.write(ByteBuffer.wrap(content));
            file.commit();
        }
    }

    /** A link is written through: it goes on pointing to the file, which gets the new content or is made. */
    private static Path followed(Path name) {
        try {
            if (Files.exists(name)) {
                return Files.isSymbolicLink(name) ? name.toRealPath() : name;
            }
            Path target = name;
            for (int i = 0; i < LONGEST_CHAIN && Files.isSymbolicLink(target); i++) {
                target = target.resolveSibling(Files.readSymbolicLink(target));
            }
            if (Files.isSymbolicLink(target)) {
                throw new InvalidInputException(name + ": is a link that leads back to itself; choose another path");
            }
            return target;
        } catch (IOException e) {
            throw new InvalidInputException(name + ": the link cannot be followed (" + IoReason.of(e) + ")", e);
        }
    }

    private static void refuseUnwritable(Path name, Path target) {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || Files.isDirectory(target)) {
            throw new InvalidInputException(name + ": is a folder; name a file to write");
        }
        if (!Files.exists(folder)) {
            throw new InvalidInputException(name + ": folder " + folder + " does not exist; create it first");
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(name + ": " + folder + " is not a folder; choose another path");
        }
        try {
            if (!Files.readAttributes(target, BasicFileAttributes.class).isRegularFile()) {
                throw new InvalidInputException(name + ": is not a regular file; choose another path");
            }
            if (!Files.isWritable(target)) {
                throw new InvalidInputException(name + ": is write-protected; choose another path");
            }
        } catch (NoSuchFileException e) {
            // the usual case: there is nothing yet
        } catch (IOException e) {
            // Such as a name that is too long, which otherwise only the renaming would meet, after all the work.
            throw new InvalidInputException(
                    name + ": cannot be written (" + IoReason.of(e) + "); choose another path", e);
        }
    }

    /** Beside the target, hidden, unique, and with its extension, from which writers such as FFmpeg guess the format. */
    private static Path temporaryFor(Path target) {
        String name = String.valueOf(target.getFileName());
        int dot = name.lastIndexOf('.');
        boolean extended = dot > 0 && name.length() - dot <= LONGEST_KEPT_EXTENSION;
        // Cut between code points: half of one cannot be part of a name.
        int kept = name.offsetByCodePoints(0, Math.min(name.codePointCount(0, name.length()), LONGEST_KEPT_NAME));
        String ending = "part" + (extended ? name.substring(dot) : "");
        return target.toAbsolutePath().resolveSibling(Leftovers.name(name.substring(0, kept), ending));
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
            throw failed(e);
        }
    }

    /**
     * Ends the writing: the content reaches the disk and no open file is held until {@link #commit}, so that many files
     * can wait for theirs. A second call does nothing.
     *
     * @throws OperationFailedException when the disk is full or fails
     */
    public void complete() {
        try {
            if (channel.isOpen()) {
                channel.force(true);
                channel.close();
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Puts the finished file in its place. A second call does nothing.
     *
     * @throws OperationFailedException when the disk is full or fails; the older file, if any, is then untouched
     */
    public void commit() {
        if (committed) {
            return;
        }
        complete();
        try {
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
            committed = true;
            Unfinished.keep(temporary);
        } catch (IOException e) {
            throw failed(e);
        }
        forceFolder();
    }

    /** The rename itself reaches the disk with the folder; some systems cannot open a folder, which loses nothing else. */
    private void forceFolder() {
        try (FileChannel directory = FileChannel.open(temporary.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        } catch (IOException e) {
            // Windows, network drives: the file is there, only its survival of a power cut is less certain
        }
    }

    private OperationFailedException failed(IOException e) {
        return new OperationFailedException(
                target + ": cannot be written (" + IoReason.of(e) + "); check the free space and the permissions there",
                e);
    }

    /** Removes the temporary file unless it was committed. Does nothing the second time. */
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
        Unfinished.remove(temporary);
    }
}
