package ai.ingredients.studio;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A studio's folder. With SQLite it is one process's, by a lock that ends with the process however that dies: so whoever holds it
 * knows that what others had begun nobody makes any more.
 */
final class DataFolder implements AutoCloseable {
    private final Path folder;
    private final @Nullable FileChannel lock;

    private DataFolder(Path folder, @Nullable FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    @SuppressWarnings("MustBeClosedChecker") // the channel is this object's until it is closed
    static DataFolder take(Path folder, boolean alone) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
                if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                    Files.setPosixFilePermissions(
                            folder, PosixFilePermissions.fromString("rwx------")); // photos of people
                }
            }
            Files.createDirectories(folder.resolve("files"));
            if (!alone) {
                return new DataFolder(folder, null);
            }
            FileChannel channel = FileChannel.open(
                    folder.resolve("studio.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock taken = null;
            try {
                taken = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                channel.close();
                throw inUse(folder);
            }
            if (taken == null) {
                channel.close();
                throw inUse(folder);
            }
            return new DataFolder(folder, channel);
        } catch (IOException e) {
            throw new InvalidInputException(
                    folder + ": cannot be used (" + e.getMessage() + "); name another with --data", e);
        }
    }

    private static InvalidInputException inUse(Path folder) {
        return new InvalidInputException(
                folder + ": another studio is open there; close it, name another folder with --data,"
                        + " or use --database with PostgreSQL, which several can share");
    }

    /** Where files lie. */
    Path files() {
        return folder.resolve("files");
    }

    @Override
    public void close() {
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                throw new OperationFailedException(folder + ": cannot be released", e);
            }
        }
    }
}
