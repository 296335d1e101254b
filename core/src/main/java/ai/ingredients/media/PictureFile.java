package ai.ingredients.media;

import ai.ingredients.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Checks the structure of a picture file before it is decoded: that it is complete, and not absurdly large. Decoders
 * fill what is missing with gray, or allocate whatever the header claims.
 */
final class PictureFile {
    /** What a picture may have however small its file is. */
    private static final long PIXELS = 20_000_000;
    /** What it may have besides for each byte of the file: half a bit for a pixel is a very coarse photo. */
    private static final long PIXELS_PER_BYTE = 16;

    private static final int WINDOWS_HEADER = 40;

    private final String name;
    private final byte[] bytes;

    private PictureFile(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    /**
     * Checks {@code bytes}, the content of a picture file.
     *
     * @throws InvalidInputException when it is no picture of a known kind, truncated, damaged or too large
     */
    static void check(String name, byte[] bytes) {
        new PictureFile(name, bytes).check();
    }

    /** Whether a file is a WebP of several pictures; false when it cannot be read. */
    static boolean isAnimatedWebp(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            PictureFile head = new PictureFile(file.toString(), stream.readNBytes(21));
            return head.at(0, 'R', 'I', 'F', 'F')
                    && head.at(8, 'W', 'E', 'B', 'P', 'V', 'P', '8', 'X')
                    && head.bytes.length == 21
                    && (head.unsigned(20) & 2) != 0;
        } catch (IOException e) {
            return false;
        }
    }

    private void check() {
        if (at(0, 0xFF, 0xD8, 0xFF)) {
            checkJpeg();
        } else if (at(0, 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A)) {
            checkPng();
        } else if (at(0, 'R', 'I', 'F', 'F') && at(8, 'W', 'E', 'B', 'P')) {
            checkWebp();
        } else if (at(0, 'G', 'I', 'F', '8')) {
            checkGif();
        } else if (at(0, 'B', 'M') && bytes.length >= 26) {
            checkBmp();
        } else if (at(4, 'f', 't', 'y', 'p')) {
            throw bad("is a HEIC, AVIF or video file; save the photo as JPEG or PNG first");
        } else if (at(0, 'I', 'I', '*', 0) || at(0, 'M', 'M', 0, '*')) {
            throw bad("is a TIFF or camera raw file; save the photo as JPEG or PNG first");
        } else {
            throw bad("is not a picture (JPEG, PNG or WebP expected)");
        }
    }

    /** Walks the segments to the end-of-image marker, through the entropy-coded data of every scan. */
    private void checkJpeg() {
        int at = 2;
        boolean sized = false;
        JpegScans scans = new JpegScans(bytes);
        try {
            while (true) {
                at = nextMarker(at);
                int marker = unsigned(at + 1);
                at += 2;
                if (marker == 0xD9) {
                    if (!sized) {
                        throw bad("is damaged: a JPEG without a frame header; choose another photo");
                    }
                    if (!scans.complete()) {
                        throw new JpegScans.Damaged("a part of its pixel data is missing");
                    }
                    return;
                }
                if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
                    continue; // stands alone
                }
                int length = bigEndian16(at);
                need(at, Math.max(length, 2));
                boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
                if (frame) {
                    need(at, 8);
                    checkSize(bigEndian16(at + 5), bigEndian16(at + 3));
                    if (sized) {
                        throw new JpegScans.Damaged("a JPEG with two frame headers");
                    }
                    scans.frame(marker, at + 2, length - 2);
                    sized = true;
                } else if (marker == 0xC4) {
                    scans.tables(at + 2, length - 2);
                } else if (marker == 0xDD && length >= 4) {
                    scans.restartInterval(bigEndian16(at + 2));
                } else if (marker == 0xDA && length > 2) {
                    at = scans.scan(at + 2, length - 2);
                    continue;
                }
                at += Math.max(length, 2);
            }
        } catch (JpegScans.Damaged e) {
            String what = String.valueOf(e.getMessage());
            if (what.isEmpty()) {
                throw truncated();
            }
            throw bad("is damaged: " + what + "; choose another photo");
        }
    }

    /** The next 0xFF that begins a marker: entropy-coded data escapes it with 0x00 and contains restart markers. */
    private int nextMarker(int from) {
        for (int at = from; at + 1 < bytes.length; at++) {
            int next = unsigned(at + 1);
            if (unsigned(at) == 0xFF && next != 0x00 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) {
                return at;
            }
        }
        throw truncated();
    }

    private void checkPng() {
        int at = 8;
        boolean sized = false;
        while (true) {
            need(at, 12);
            long length = Integer.toUnsignedLong(word(at, ByteOrder.BIG_ENDIAN));
            if (length > bytes.length - at - 12L) {
                throw truncated();
            }
            CRC32 sum = new CRC32();
            sum.update(bytes, at + 4, (int) length + 4);
            if ((int) sum.getValue() != word(at + 8 + (int) length, ByteOrder.BIG_ENDIAN)) {
                throw bad("is damaged: the checksum of PNG chunk "
                        + new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1)
                        + " is wrong; choose another photo");
            }
            if (at(at + 4, 'I', 'H', 'D', 'R')) {
                need(at, 20);
                checkSize(
                        Integer.toUnsignedLong(word(at + 8, ByteOrder.BIG_ENDIAN)),
                        Integer.toUnsignedLong(word(at + 12, ByteOrder.BIG_ENDIAN)));
                sized = true;
            } else if (!sized) {
                throw bad("is damaged: a PNG that does not begin with its size; choose another photo");
            } else if (at(at + 4, 'I', 'E', 'N', 'D')) {
                return;
            }
            at += 12 + (int) length;
        }
    }

    private void checkWebp() {
        need(0, 30);
        long size = Integer.toUnsignedLong(word(4, ByteOrder.LITTLE_ENDIAN));
        if (size + 8 > bytes.length) {
            throw truncated();
        }
        if (at(12, 'V', 'P', '8', 'X')) {
            checkSize(1 + littleEndian24(24), 1 + littleEndian24(27));
        } else if (at(12, 'V', 'P', '8', 'L')) {
            int packed = word(21, ByteOrder.LITTLE_ENDIAN);
            checkSize(1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF));
        } else if (at(12, 'V', 'P', '8', ' ')) {
            int packed = word(26, ByteOrder.LITTLE_ENDIAN);
            checkSize(packed & 0x3FFF, packed >> 16 & 0x3FFF);
        } else {
            throw bad("is damaged: an unknown kind of WebP; choose another photo");
        }
    }

    /** Walks the blocks to the trailer, and the codes of the first picture. */
    private void checkGif() {
        boolean pictured = false;
        need(0, 13);
        int screen = word(6, ByteOrder.LITTLE_ENDIAN);
        checkSize(screen & 0xFFFF, screen >>> 16);
        int at = 13 + colourTable(unsigned(10));
        while (true) {
            need(at, 1);
            switch (unsigned(at)) {
                case 0x3B -> {
                    if (!pictured) {
                        throw bad("is damaged: a GIF without a picture; choose another photo");
                    }
                    return;
                }
                case 0x21 -> at = afterSubBlocks(at + 2);
                case 0x2C -> {
                    need(at, 11);
                    int codes = at + 10 + colourTable(unsigned(at + 9));
                    int end = afterSubBlocks(codes + 1);
                    if (!pictured) {
                        long pixels = (long) littleEndian16(at + 5) * littleEndian16(at + 7);
                        if (gifPixels(codes, pixels) < pixels) {
                            throw bad("is damaged: a part of its pixel data is missing; choose another photo");
                        }
                        pictured = true;
                    }
                    at = end;
                }
                default -> throw bad("is damaged: a GIF with an unknown block; choose another photo");
            }
        }
    }

    /** How many pixels the codes of a picture stand for, counted up to {@code enough}; the file is known to be whole. */
    private long gifPixels(int from, long enough) {
        int rootBits = unsigned(from);
        if (rootBits < 1 || rootBits > 8) {
            throw bad("is damaged: a GIF with impossible codes; choose another photo");
        }
        int clear = 1 << rootBits;
        int[] lengths = new int[4096];
        Arrays.fill(lengths, 0, clear, 1);
        int size = clear + 2;
        int bits = rootBits + 1;
        int before = -1;
        long pixels = 0;
        int buffer = 0;
        int held = 0;
        for (int at = from + 1; unsigned(at) > 0; at += 1 + unsigned(at)) {
            for (int i = 1; i <= unsigned(at); i++) {
                buffer |= unsigned(at + i) << held;
                held += 8;
                while (held >= bits) {
                    int code = buffer & (1 << bits) - 1;
                    buffer >>>= bits;
                    held -= bits;
                    if (code == clear + 1 || pixels >= enough || code > size) {
                        return pixels;
                    }
                    if (code == clear) {
                        size = clear + 2;
                        bits = rootBits + 1;
                        before = -1;
                        continue;
                    }
                    if (before >= 0 && size < lengths.length) {
                        lengths[size++] = lengths[before] + 1;
                        if (size == 1 << bits && bits < 12) {
                            bits++;
                        }
                    }
                    pixels += lengths[code];
                    before = code;
                }
            }
        }
        return pixels;
    }

    private static int colourTable(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private int afterSubBlocks(int from) {
        int at = from;
        while (true) {
            need(at, 1);
            int length = unsigned(at);
            at += 1 + length;
            if (length == 0) {
                return at;
            }
        }
    }

    /**
     * {@code bytes} as OpenCV takes them, which knows no bitmaps whose header is shorter than Windows' and longer than that of
     * OS/2: OS/2 2 leaves out what is zero at its end.
     */
    static byte[] forOpenCv(byte[] bytes) {
        PictureFile file = new PictureFile("", bytes);
        if (!file.at(0, 'B', 'M')) {
            return bytes;
        }
        int header = file.word(14, ByteOrder.LITTLE_ENDIAN);
        int missing = WINDOWS_HEADER - header;
        if (header < 16 || missing <= 0 || bytes.length < 14 + header) {
            return bytes;
        }
        ByteBuffer widened = ByteBuffer.allocate(bytes.length + missing).order(ByteOrder.LITTLE_ENDIAN);
        widened.put(bytes, 0, 14 + header)
                .position(14 + WINDOWS_HEADER)
                .put(bytes, 14 + header, bytes.length - 14 - header);
        widened.putInt(10, file.word(10, ByteOrder.LITTLE_ENDIAN) + missing);
        return widened.putInt(14, WINDOWS_HEADER).array();
    }

    /** With Windows' header of 40 bytes or more, or the one of OS/2, which has 12 or up to 64. */
    private void checkBmp() {
        long start = Integer.toUnsignedLong(word(10, ByteOrder.LITTLE_ENDIAN));
        boolean core = word(14, ByteOrder.LITTLE_ENDIAN) == 12;
        long width = core ? littleEndian16(18) : word(18, ByteOrder.LITTLE_ENDIAN);
        long height = core ? littleEndian16(20) : Math.abs((long) word(22, ByteOrder.LITTLE_ENDIAN));
        checkSize(width, height);
        int bits = littleEndian16(core ? 24 : 28);
        boolean uncompressed = core || word(14, ByteOrder.LITTLE_ENDIAN) < 20 || word(30, ByteOrder.LITTLE_ENDIAN) == 0;
        long rowBytes = (width * bits + 31) / 32 * 4;
        if (start > bytes.length || (uncompressed && start + rowBytes * height > bytes.length)) {
            throw truncated();
        }
    }

    private void checkSize(long width, long height) {
        if (width < 1 || height < 1) {
            throw bad("is damaged: it claims to have " + width + "x" + height + " pixels; choose another photo");
        }
        if (width > Integer.MAX_VALUE || height > Integer.MAX_VALUE || width * height > PictureReader.MAX_PIXELS) {
            throw bad("has " + width + "x" + height + " pixels; at most " + PictureReader.MAX_PIXELS / 1_000_000
                    + " megapixels are read, and 1024 on the longer side are enough");
        }
        if (width * height > PIXELS + PIXELS_PER_BYTE * bytes.length) {
            throw bad("is damaged: it claims to have " + width + "x" + height + " pixels, too many for its "
                    + bytes.length + " bytes; choose another photo");
        }
    }

    private boolean at(int offset, int... expected) {
        if (offset + expected.length > bytes.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (unsigned(offset + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private void need(int offset, int count) {
        if (offset < 0 || offset > bytes.length - count) {
            throw truncated();
        }
    }

    private int unsigned(int offset) {
        return bytes[offset] & 0xFF;
    }

    private int bigEndian16(int offset) {
        need(offset, 2);
        return unsigned(offset) << 8 | unsigned(offset + 1);
    }

    private int littleEndian16(int offset) {
        need(offset, 2);
        return unsigned(offset) | unsigned(offset + 1) << 8;
    }

    private int littleEndian24(int offset) {
        return unsigned(offset) | unsigned(offset + 1) << 8 | unsigned(offset + 2) << 16;
    }

    private int word(int offset, ByteOrder order) {
        need(offset, 4);
        return ByteBuffer.wrap(bytes, offset, 4).order(order).getInt();
    }

    private InvalidInputException truncated() {
        return bad("is truncated after " + bytes.length + " bytes; copy or download it again");
    }

    private InvalidInputException bad(String what) {
        return new InvalidInputException(name + ": " + what);
    }
}
