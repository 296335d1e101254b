package ai.ingredients.media;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Frames as PNG files: 8-bit RGB, sRGB, lossless. Written here rather than through ImageIO, which starts Java's desktop
 * classes for it (a tenth of a second), or ffmpeg, which a run without a video need not load.
 */
public final class Png {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte TRUECOLOUR = 2;
    private static final int BYTES_PER_PIXEL = 3;

    private enum Filter {
        SUB(1),
        UP(2),
        PAETH(4);

        final byte code;

        Filter(int code) {
            this.code = (byte) code;
        }
    }

    private Png() {}

    /** A complete PNG file. */
    public static byte[] encode(Frame frame) {
        return encode(frame, Map.of());
    }

    /**
     * A complete PNG file with texts in it.
     *
     * @param texts keywords ({@code Title}, {@code Comment}, ...; 1 to 79 characters of Latin-1) and what they say, in
     *     any script
     * @throws IllegalArgumentException for another keyword
     */
    public static byte[] encode(Frame frame, Map<String, String> texts) {
        ByteArrayOutputStream file = new ByteArrayOutputStream(frame.rgb().length / 2);
        file.writeBytes(SIGNATURE);
        byte[] header = ByteBuffer.allocate(13)
                .putInt(frame.width())
                .putInt(frame.height())
                .put((byte) 8)
                .put(TRUECOLOUR)
                .array(); // the last three, compression, filter method and interlace, are 0
        chunk(file, "IHDR", header);
        chunk(file, "sRGB", new byte[1]);
        texts.forEach((keyword, text) -> chunk(file, "iTXt", text(keyword, text)));
        chunk(file, "IDAT", deflate(filtered(frame)));
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
    private static byte[] filtered(Frame frame) {
        int rowBytes = frame.width() * BYTES_PER_PIXEL;
        byte[] out = new byte[(rowBytes + 1) * frame.height()];
        byte[] candidate = new byte[rowBytes];
        for (int y = 0; y < frame.height(); y++) {
            long least = Long.MAX_VALUE;
            for (Filter filter : Filter.values()) {
                long sum = filter(frame.rgb(), y * rowBytes, rowBytes, y > 0, filter, candidate);
                if (sum < least) {
                    least = sum;
                    int start = y * (rowBytes + 1);
                    out[start] = filter.code;
                    System.arraycopy(candidate, 0, out, start + 1, rowBytes);
                }
            }
        }
        return out;
    }

    private static long filter(byte[] rgb, int start, int rowBytes, boolean hasAbove, Filter filter, byte[] row) {
        long sum = 0;
        for (int i = 0; i < rowBytes; i++) {
            boolean hasLeft = i >= BYTES_PER_PIXEL;
            int at = start + i;
            int left = hasLeft ? rgb[at - BYTES_PER_PIXEL] & 0xff : 0;
            int above = hasAbove ? rgb[at - rowBytes] & 0xff : 0;
            int predicted =
                    switch (filter) {
                        case SUB -> left;
                        case UP -> above;
                        case PAETH ->
                            paeth(left, above, hasLeft && hasAbove ? rgb[at - rowBytes - BYTES_PER_PIXEL] & 0xff : 0);
                    };
            row[i] = (byte) (rgb[at] - predicted);
            sum += Math.abs(row[i]);
        }
        return sum;
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
        try (Deflater deflater = new Deflater()) {
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
