package ai.ingredients.studio.store;

import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Files in a folder, which workers on other machines mount. Thread-safe. */
public final class DiskBlobs implements Blobs {
    private final Path root;

    /** @param root the folder, which is there */
    public DiskBlobs(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    private Path path(String key) {
        Path path = root.resolve(key).normalize();
        if (!path.startsWith(root) || path.equals(root)) {
            throw new IllegalArgumentException("no key of a file: " + key);
        }
        return path;
    }

    @Override
    public void put(String key, byte[] bytes) {
        Path target = path(key);
        makeFolder(target.getParent());
        try (AtomicFile file = AtomicFile.create(target)) {
            file.write(ByteBuffer.wrap(bytes));
            file.commit();
        }
    }

    @Override
    public @Nullable Blob find(String key) {
        Path file = path(key);
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.isRegularFile()
                    ? new DiskBlob(
                            file,
                            attributes.size(),
                            attributes.lastModifiedTime().toMillis())
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    private record DiskBlob(Path file, long size, long modified) implements Blob {
        @Override
        @SuppressWarnings("MustBeClosedChecker") // the stream closes the channel, and the caller the stream
        public InputStream open(long offset) throws IOException {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channel.position(offset);
            return Channels.newInputStream(channel);
        }
    }

    @Override
    public Path folder(String key) {
        Path folder = path(key);
        makeFolder(folder);
        return folder;
    }

    private static void makeFolder(@Nullable Path folder) {
        if (folder != null) {
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new OperationFailedException(
                        folder + ": no folder can be made there (" + e.getMessage() + ")", e);
            }
        }
    }

    @Override
    public void removeAll(String prefix) {
        Path folder = path(prefix);
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE; // somebody else removes it too
                    }
                    throw e;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new OperationFailedException(folder + ": cannot be removed (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public List<String> names(String prefix) {
        Path folder = path(prefix);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new OperationFailedException(folder + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
