package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.Mistaken;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A whole file mapped read-only, of any size. Closing unmaps it; a file that shrinks while it is mapped ends the
 * process, so checkpoints are replaced, never rewritten in place. What a compressed archive was unpacked into looks the
 * same.
 */
final class MappedFile implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bytes asked for at a time when a whole file is read ahead. */
    private static final long AHEAD = 1L << 26;

    private final Path path;
    private final Arena arena;
    private final MemorySegment memory;
    /** Whether pages come from the file, so that one that is given back can be read again. */
    private final boolean backed;

    private MappedFile(Path path, Arena arena, MemorySegment memory, boolean backed) {
        this.path = path;
        this.arena = arena;
        this.memory = memory;
        this.backed = backed;
    }

    /**
     * Maps {@code path}.
     *
     * @throws InvalidInputException when it is missing, empty, unreadable or no regular file; nothing stays open
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object that is returned
    static MappedFile open(Path path) {
        checkReadable(path);
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new InvalidInputException(path + ": is empty; download it again");
            }
            MappedFile mapped =
                    new MappedFile(path, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena), true);
            opened = true;
            return mapped;
        } catch (AccessDeniedException e) {
            throw new InvalidInputException(path + ": no permission to read it", e);
        } catch (IOException e) {
            throw new InvalidInputException(path + ": cannot be read (" + IoReason.of(e) + ")", e);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    /** Memory that {@code path} was unpacked into; {@code arena} is freed when the result is closed. */
    static MappedFile unpacked(Path path, Arena arena, MemorySegment memory) {
        return new MappedFile(path, arena, memory, false);
    }

    /** Opening a pipe would wait forever, and a folder opens but cannot be mapped. */
    private static void checkReadable(Path path) {
        if (Files.isDirectory(path)) {
            throw new InvalidInputException(path + ": is a folder, expected a file of weights");
        }
        if (!Files.exists(path)) {
            throw new InvalidInputException(path + ": there is no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new InvalidInputException(path + ": is not a regular file, expected a file of weights");
        }
    }

    Path path() {
        return path;
    }

    long size() {
        return memory.byteSize();
    }

    /** Bytes {@code offset} to {@code offset + length}; the caller has checked that they lie inside. */
    MemorySegment slice(long offset, long length) {
        return memory.asSlice(offset, length);
    }

    byte[] bytes(long offset, long length) {
        return slice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The first bytes, by which {@link Mistaken} tells what this is. */
    byte[] start() {
        return bytes(0, Math.min(size(), Mistaken.START));
    }

    int u8(long offset) {
        return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, offset));
    }

    int u16(long offset) {
        return Short.toUnsignedInt(memory.get(SHORT, offset));
    }

    long u32(long offset) {
        return Integer.toUnsignedLong(memory.get(INT, offset));
    }

    long i64(long offset) {
        return memory.get(LONG, offset);
    }

    /** Begins to read the whole file from disk, from its start on, and does not wait. */
    void readAhead() {
        Thread.ofPlatform().daemon().name("read-ahead").start(() -> {
            for (long at = 0; at < memory.byteSize(); at += AHEAD) { // a piece may wait for the disk
                readAhead(at, Math.min(memory.byteSize(), at + AHEAD));
            }
        });
    }

    private synchronized void readAhead(long from, long to) {
        if (backed && open()) {
            Pages.readAhead(memory, from, to);
        }
    }

    /** Has bytes {@code offset} to {@code offset + length} in memory when it returns; nothing where it is closed. */
    synchronized void bringIn(long offset, long length) {
        if (backed && open()) {
            Pages.bringIn(memory, offset, offset + length);
        }
    }

    /** These bytes need not stay in this process's memory; they are read again when they are looked at. */
    synchronized void giveBack(long offset, long length) {
        if (backed && open()) {
            Pages.giveBack(memory, offset, offset + length);
        }
    }

    boolean open() {
        return arena.scope().isAlive();
    }

    InvalidInputException bad(String what) {
        return new InvalidInputException(path + ": " + what);
    }

    @Override
    public synchronized void close() {
        if (open()) {
            arena.close();
        }
    }
}
