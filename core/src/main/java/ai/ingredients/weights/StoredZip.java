package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The directory of a zip archive whose entries lie uncompressed in a mapped file, as PyTorch writes them. Zip64 is
 * understood. {@code java.util.zip} does not tell where an entry's bytes are, which is all that is needed here.
 *
 * <p>Archives that were packed again by another program are compressed; {@link #unpack} makes the same of them.
 */
final class StoredZip {
    private static final long LOCAL_HEADER = 0x04034b50L;
    private static final long DIRECTORY_ENTRY = 0x02014b50L;
    private static final long DIRECTORY_END = 0x06054b50L;
    private static final long ZIP64_DIRECTORY_END = 0x06064b50L;
    private static final long ZIP64_LOCATOR = 0x07064b50L;
    private static final long IN_ZIP64 = 0xffff_ffffL;
    private static final int END_SIZE = 22;
    private static final int LONGEST_COMMENT = 0xffff;

    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final int ALIGNMENT = 64;

    /** What unpacking may take beyond four times the file: weights shrink by a tenth, no more than this is honest. */
    private static final long ROOM = 64L << 20;

    /** Where an entry's local header is, and its bytes as they are stored and unpacked. */
    private record Entry(long header, long packed, long size, long crc, int method, boolean encrypted) {}

    /** A range of the file in bytes. */
    record Range(long begin, long size) {
        long end() {
            return begin + size;
        }
    }

    private final MappedFile file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, Range> unpacked = new HashMap<>();
    private final long directory;

    /** Reads the directory; the caller closes {@code file} when this throws. */
    StoredZip(MappedFile file) {
        this.file = file;
        long end = findEnd();
        long count = file.u16(end + 10);
        long size = file.u32(end + 12);
        long begin = file.u32(end + 16);
        long locator = end - 20;
        if (locator >= 0 && file.u32(locator) == ZIP64_LOCATOR) {
            long zip64 = file.i64(locator + 8);
            if (zip64 < 0 || zip64 > locator - 56 || file.u32(zip64) != ZIP64_DIRECTORY_END) {
                throw damaged("its zip64 directory is not where it should be");
            }
            count = file.i64(zip64 + 32);
            size = file.i64(zip64 + 40);
            begin = file.i64(zip64 + 48);
        }
        if (begin < 0 || size < 0 || begin > end - size || count < 0) {
            throw damaged("its directory is not inside the file");
        }
        directory = begin;
        readDirectory(begin, begin + size, count);
    }

    static boolean looksLike(MappedFile file) {
        return file.size() > 4 && file.u32(0) == LOCAL_HEADER;
    }

    private long findEnd() {
        long last = file.size() - END_SIZE;
        for (long at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
            if (file.u32(at) == DIRECTORY_END && file.u16(at + 20) == last - at) {
                return at;
            }
        }
        throw damaged("the directory at its end is missing");
    }

    private void readDirectory(long begin, long end, long count) {
        long at = begin;
        for (long i = 0; i < count; i++) {
            if (at > end - 46 || file.u32(at) != DIRECTORY_ENTRY) {
                throw damaged("its directory breaks off");
            }
            int nameLength = file.u16(at + 28);
            int extraLength = file.u16(at + 30);
            long next = at + 46 + nameLength + extraLength + file.u16(at + 32);
            if (next > end) {
                throw damaged("its directory breaks off");
            }
            String name = new String(file.bytes(at + 46, nameLength), StandardCharsets.UTF_8);
            Entry entry = entry(at, at + 46 + nameLength, extraLength);
            if (entries.put(name, entry) != null) {
                throw damaged("it has two entries called " + name);
            }
            at = next;
        }
    }

    private Entry entry(long at, long extra, int extraLength) {
        long size = file.u32(at + 24);
        long packed = file.u32(at + 20);
        long header = file.u32(at + 42);
        int method = file.u16(at + 10);
        // The zip64 block holds, in this order, only those values that did not fit.
        long wide = zip64Block(extra, extra + extraLength);
        int slots = wide < 0 ? 0 : file.u16(wide + 2) / 8;
        int slot = 0;
        if (size == IN_ZIP64 && slot < slots) {
            size = file.i64(wide + 4 + 8L * slot++);
        }
        if (packed == IN_ZIP64 && slot < slots) {
            packed = file.i64(wide + 4 + 8L * slot++);
        }
        if (header == IN_ZIP64 && slot < slots) {
            header = file.i64(wide + 4 + 8L * slot);
        }
        if (header < 0 || size < 0 || packed < 0 || header > directory - 30 || packed > directory - 30 - header) {
            throw damaged("an entry is not inside the file");
        }
        if (method == STORED && packed != size) {
            throw damaged("an entry has two sizes");
        }
        return new Entry(header, packed, size, file.u32(at + 16), method, (file.u16(at + 8) & 1) != 0);
    }

    private long zip64Block(long begin, long end) {
        for (long at = begin; at + 4 <= end; ) {
            long next = at + 4 + file.u16(at + 2);
            if (file.u16(at) == 1 && next <= end) {
                return at;
            }
            at = next;
        }
        return -1;
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** Bytes stored under {@code name}, which must be one of {@link #names}. */
    long size(String name) {
        return known(name).size();
    }

    /** Where the bytes of {@code name} lie: in the file, or in what it was {@linkplain #unpack unpacked} into. */
    Range range(String name) {
        Range inMemory = unpacked.get(name);
        return inMemory == null ? stored(name, known(name)) : inMemory;
    }

    private Range stored(String name, Entry entry) {
        if (entry.encrypted() || (entry.method() != STORED && entry.method() != DEFLATED)) {
            throw file.bad("its entry " + name + " is "
                    + (entry.encrypted()
                            ? "encrypted"
                            : "compressed by a method (" + entry.method() + ") not known here")
                    + "; PyTorch stores entries as they are: load it in Python and save it again");
        }
        long header = entry.header();
        if (file.u32(header) != LOCAL_HEADER) {
            throw damaged("its entry " + name + " is not where the directory says");
        }
        long begin = header + 30 + file.u16(header + 26) + file.u16(header + 28);
        if (begin > directory - entry.packed()) {
            throw damaged("its entry " + name + " is not inside the file");
        }
        return new Range(begin, entry.packed());
    }

    /** Whether an entry has to be unpacked before it can be read. */
    boolean compressed() {
        return entries.values().stream().anyMatch(entry -> entry.method() == DEFLATED);
    }

    /**
     * Unpacks all entries into memory, where {@link #range} finds them from now on.
     *
     * @return the memory, which the caller closes
     * @throws InvalidInputException when an entry is damaged, or all of them are much larger than the file; nothing stays
     *     open
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object that is returned
    MappedFile unpack() {
        long total = 0;
        for (Entry entry : entries.values()) {
            total += (entry.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            if (total < 0 || total / 4 > file.size() + ROOM / 4) {
                throw file.bad("is compressed to less than a quarter, which weights are not; refusing to unpack it");
            }
        }
        Arena arena = Arena.ofShared();
        boolean done = false;
        try {
            MemorySegment memory = arena.allocate(Math.max(total, 1), ALIGNMENT);
            long at = 0;
            for (Map.Entry<String, Entry> named : entries.entrySet()) {
                long size = named.getValue().size();
                Range from = stored(named.getKey(), named.getValue());
                unpack(
                        named.getKey(),
                        named.getValue(),
                        file.slice(from.begin(), from.size()),
                        memory.asSlice(at, size));
                unpacked.put(named.getKey(), new Range(at, size));
                at += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            }
            done = true;
            return MappedFile.unpacked(file.path(), arena, memory);
        } finally {
            if (!done) {
                arena.close();
            }
        }
    }

    private void unpack(String name, Entry entry, MemorySegment from, MemorySegment to) {
        if (entry.method() == STORED) {
            to.copyFrom(from);
            return;
        }
        CRC32 crc = new CRC32();
        byte[] buffer = new byte[1 << 16];
        long read = 0;
        long written = 0;
        Inflater inflater = new Inflater(true);
        try {
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    long part = Math.min(buffer.length, from.byteSize() - read);
                    if (part == 0) {
                        throw damaged("its entry " + name + " breaks off");
                    }
                    inflater.setInput(from.asSlice(read, part).toArray(ValueLayout.JAVA_BYTE));
                    read += part;
                }
                int made = inflater.inflate(buffer);
                if (made > to.byteSize() - written || (made == 0 && inflater.needsDictionary())) {
                    throw damaged("its entry " + name + " is not what the directory says");
                }
                MemorySegment.copy(buffer, 0, to, ValueLayout.JAVA_BYTE, written, made);
                crc.update(buffer, 0, made);
                written += made;
            }
        } catch (DataFormatException e) {
            throw damaged("its entry " + name + " cannot be unpacked");
        } finally {
            inflater.end();
        }
        if (written != to.byteSize() || crc.getValue() != entry.crc()) {
            throw damaged("its entry " + name + " has not the size or the checksum it should have");
        }
    }

    private Entry known(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw damaged("it has no entry " + name);
        }
        return entry;
    }

    private InvalidInputException damaged(String what) {
        return file.bad("is a damaged zip archive: " + what + "; download it again");
    }
}
