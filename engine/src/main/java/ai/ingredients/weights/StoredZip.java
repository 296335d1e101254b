package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The directory of a zip archive whose entries lie uncompressed in a mapped file, as PyTorch writes them. Zip64 is
 * understood. {@code java.util.zip} does not tell where an entry's bytes are, which is all that is needed here.
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

    /** Where an entry's local header is, and how many bytes it stores. */
    private record Entry(long header, long size, int method, int flags) {}

    /** A range of the file in bytes. */
    record Range(long begin, long size) {
        long end() {
            return begin + size;
        }
    }

    private final MappedFile file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
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
        if (header < 0 || size < 0 || header > directory - 30 || size > directory - 30 - header) {
            throw damaged("an entry is not inside the file");
        }
        if (method == 0 && packed != size) {
            throw damaged("an entry has two sizes");
        }
        return new Entry(header, size, method, file.u16(at + 8));
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

    /** Where the bytes of {@code name} lie. */
    Range range(String name) {
        Entry entry = known(name);
        if (entry.method() != 0 || (entry.flags() & 1) != 0) {
            throw file.bad("its entry " + name + " is " + (entry.method() == 0 ? "encrypted" : "compressed")
                    + "; PyTorch stores entries as they are: load it in Python and save it again");
        }
        long header = entry.header();
        if (file.u32(header) != LOCAL_HEADER) {
            throw damaged("its entry " + name + " is not where the directory says");
        }
        long begin = header + 30 + file.u16(header + 26) + file.u16(header + 28);
        if (begin > directory - entry.size()) {
            throw damaged("its entry " + name + " is not inside the file");
        }
        return new Range(begin, entry.size());
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
