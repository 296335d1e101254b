package ai.ingredients.media;

import ai.ingredients.io.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Pictures as PNG files: 8-bit RGB, sRGB, lossless. Written here rather than through ImageIO, which starts Java's desktop
 * classes for it (a tenth of a second), or ffmpeg, which a run without a video need not load.
 */
public final class Png {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte TRUECOLOUR = 2;
    private static final int BYTES_PER_PIXEL = 3;

    /** A quarter of the default level's time for a tenth more bytes. */
    private static final int LEVEL = 4;
    /** Codes of the row filters tried: sub, up, Paeth. */
    private static final byte[] FILTERS = {1, 2, 4};

    private Png() {}

    /**
     * Writes {@code picture} to {@code file} in one step: a reader sees what was there before or the whole picture.
     *
     * @throws ai.ingredients.InvalidInputException when {@code file} is a folder or its folder is missing or read-only
     * @throws ai.ingredients.OperationFailedException when the disk is full or fails
     */
    public static void write(Path file, Picture picture) {
        write(file, picture, Map.of());
    }

    /** As {@link #write(Path, Picture)}, with texts in the file: see {@link #encode(Picture, Map)}. */
    public static void write(Path file, Picture picture, Map<String, String> texts) {
        AtomicFile.replace(file, encode(picture, texts));
    }

    /** A complete PNG file. */
    public static byte[] encode(Picture picture) {
        return encode(picture, Map.of());
    }

    /**
     * A complete PNG file with texts in it.
     *
     * @param texts keywords ({@code Title}, {@code Comment}, ...; 1 to 79 characters of Latin-1) and what they say, in
     *     any script
     * @throws IllegalArgumentException for another keyword
     */
    public static byte[] encode(Picture picture, Map<String, String> texts) {
        ByteArrayOutputStream file = new ByteArrayOutputStream(picture.rgb().length / 2);
        file.writeBytes(SIGNATURE);
        byte[] header = ByteBuffer.allocate(13)
                .putInt(picture.width())
                .putInt(picture.height())
                .put((byte) 8)
                .put(TRUECOLOUR)
                .array(); // the last three, compression, filter method and interlace, are 0
        chunk(file, "IHDR", header);
        chunk(file, "sRGB", new byte[1]);
        texts.forEach((keyword, text) -> chunk(file, "iTXt", text(keyword, text)));
        chunk(file, "IDAT", deflate(filtered(picture)));
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static byte[] text(String keyword, String text) {
        if (keyword.isBlank() || keyword.length() > 79 || !keyword.chars().allMatch(c -> c >= 32 && c < 127)) {
            throw new IllegalArgumentException("PNG keyword \"" + keyword + "\": use 1 to 79 plain characters");
        }
        byte[] name = keyword.getBytes(StandardCharsets.ISO_8859_1);
        byte[] words = text.getBytes(StandardCharsets.UTF_8);
        // The keyword ends with a zero; then: not compressed (2 bytes), no language, no translated keyword.
        return ByteBuffer.allocate(name.length + 5 + words.length)
                .put(name)
                .position(name.length + 5)
                .put(words)
                .array();
    }

    /** Rows with the filter in front that leaves the smallest differences: the usual guess at what deflates best. */
    private static byte[] filtered(Picture picture) {
        int rowBytes = picture.width() * BYTES_PER_PIXEL;
        byte[] out = new byte[(rowBytes + 1) * picture.height()];
        byte[] above = new byte[rowBytes];
        byte[] row = new byte[rowBytes];
        byte[][] candidates = new byte[FILTERS.length][rowBytes];
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(picture.rgb(), y * rowBytes, row, 0, rowBytes);
            int best = filter(row, above, candidates);
            int start = y * (rowBytes + 1);
            out[start] = FILTERS[best];
            System.arraycopy(candidates[best], 0, out, start + 1, rowBytes);
            System.arraycopy(row, 0, above, 0, rowBytes);
        }
        return out;
    }

    /** Differences of a row to its left, upper and most fitting neighbours; tells which are the smallest in sum. */
    private static int filter(byte[] row, byte[] above, byte[][] candidates) {
        long toLeft = 0;
        long toAbove = 0;
        long toFitting = 0;
        for (int i = 0; i < row.length; i++) {
            int left = i < BYTES_PER_PIXEL ? 0 : row[i - BYTES_PER_PIXEL] & 0xff;
            int corner = i < BYTES_PER_PIXEL ? 0 : above[i - BYTES_PER_PIXEL] & 0xff;
            int up = above[i] & 0xff;
            toLeft += Math.abs(candidates[0][i] = (byte) (row[i] - left));
            toAbove += Math.abs(candidates[1][i] = (byte) (row[i] - up));
            toFitting += Math.abs(candidates[2][i] = (byte) (row[i] - paeth(left, up, corner)));
        }
        if (toFitting <= toLeft && toFitting <= toAbove) {
            return 2;
        }
        return toLeft <= toAbove ? 0 : 1;
    }

    /** Of the three neighbours, the one nearest to left + above - corner. */
    private static int paeth(int left, int above, int corner) {
        int toLeft = Math.abs(above - corner);
        int toAbove = Math.abs(left - corner);
        int toCorner = Math.abs(left + above - 2 * corner);
        if (toLeft <= toAbove && toLeft <= toCorner) {
            return left;
        }
        return toAbove <= toCorner ? above : corner;
    }

    private static byte[] deflate(byte[] bytes) {
        try (Deflater deflater = new Deflater(LEVEL)) {
            deflater.setInput(bytes);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 2);
            byte[] buffer = new byte[1 << 16];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
        byte[] body = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(data)
                .array();
        CRC32 sum = new CRC32();
        sum.update(body);
        file.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        file.writeBytes(body);
        file.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }
}
