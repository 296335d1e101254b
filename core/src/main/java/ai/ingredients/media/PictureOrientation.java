package ai.ingredients.media;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * How a picture file says it is to be turned, wherever the programs that wrote it have put it: EXIF in JPEG, PNG and WebP, in
 * PNG also as the text ("raw profile") of older programs; and where EXIF tells none, XMP's {@code tiff:Orientation}. The
 * order is that of Pillow's {@code exif_transpose}. The file is whole: {@link PictureFile} has checked it.
 */
final class PictureOrientation {
    private static final Pattern XMP = Pattern.compile("tiff:Orientation\\s*(?:=\\s*[\"']|>)\\s*([0-9])");
    private static final String EXIF_HEAD = "Exif\0\0";
    private static final String XMP_HEAD = "http://ns.adobe.com/xap/1.0/\0";
    private static final int ORIENTATION_TAG = 0x0112;
    /** What compressed texts may unfold to. */
    private static final int MOST_TEXT = 4 << 20;

    private final byte[] bytes;
    private int exif;
    private int xmp;

    private PictureOrientation(byte[] bytes) {
        this.bytes = bytes;
    }

    static Orientation of(byte[] bytes) {
        PictureOrientation found = new PictureOrientation(bytes);
        if (found.startsWith(0, "\u00FF\u00D8")) {
            found.jpeg();
        } else if (found.startsWith(0, "\u0089PNG")) {
            found.png();
        } else if (found.startsWith(0, "RIFF")) {
            found.webp();
        } else if (found.startsWith(0, "GIF8")) {
            int block = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("XMP DataXMP");
            if (block >= 0) {
                found.xmp(block, bytes.length - block);
            }
        }
        return Orientation.ofExif(found.exif != 0 ? found.exif : found.xmp);
    }

    private void jpeg() {
        int at = 2;
        while (at + 4 <= bytes.length && (bytes[at] & 0xFF) == 0xFF) {
            int marker = bytes[at + 1] & 0xFF;
            if (marker == 0xFF) {
                at++; // padding
                continue;
            }
            int length = big16(at + 2);
            if (marker == 0xDA || length < 2 || at + 2 + length > bytes.length) {
                return;
            }
            if (marker == 0xE1) {
                if (startsWith(at + 4, EXIF_HEAD)) {
                    exif(Arrays.copyOfRange(bytes, at + 4, at + 2 + length));
                } else if (startsWith(at + 4, XMP_HEAD)) {
                    xmp(at + 4, length - 2);
                }
            }
            at += 2 + length;
        }
    }

    private void png() {
        int at = 8;
        while (at + 12 <= bytes.length) {
            int length = ByteBuffer.wrap(bytes).getInt(at);
            if (length < 0 || length > bytes.length - at - 12) {
                return;
            }
            byte[] body = Arrays.copyOfRange(bytes, at + 8, at + 8 + length);
            switch (new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1)) {
                case "eXIf" -> exif(body);
                case "tEXt", "zTXt", "iTXt" -> pngText((char) bytes[at + 4], body);
                default -> {}
            }
            at += 12 + length;
        }
    }

    /** @param kind t: plain; z: compressed; i: with a language, and either */
    private void pngText(char kind, byte[] body) {
        int end = zero(body, 0);
        String keyword = new String(body, 0, end, StandardCharsets.ISO_8859_1);
        boolean profile = keyword.equals("Raw profile type exif") || keyword.equals("Raw profile type APP1");
        if (!profile && !keyword.equals("XML:com.adobe.xmp")) {
            return;
        }
        int from = end + 1;
        boolean compressed = kind == 'z';
        if (kind == 'z') {
            from++;
        } else if (kind == 'i') {
            compressed = from < body.length && body[from] == 1;
            from = zero(body, zero(body, from + 2) + 1) + 1;
        }
        byte[] text = from >= body.length ? new byte[0] : Arrays.copyOfRange(body, from, body.length);
        if (compressed) {
            text = inflated(text);
        }
        if (!profile) {
            xmpIn(new String(text, StandardCharsets.UTF_8));
            return;
        }
        // A line break, the kind, the length in bytes, and the bytes in hexadecimal digits of several lines.
        String[] parts = new String(text, StandardCharsets.ISO_8859_1).strip().split("\\s+", 3);
        String digits = parts.length < 3 ? "" : parts[2].replaceAll("\\s", "");
        if (digits.length() % 2 == 0 && digits.chars().allMatch(HexFormat::isHexDigit)) {
            byte[] unfolded = HexFormat.of().parseHex(digits);
            String start = new String(unfolded, 0, Math.min(unfolded.length, 40), StandardCharsets.ISO_8859_1);
            if (start.startsWith(XMP_HEAD)) {
                xmpIn(new String(unfolded, StandardCharsets.UTF_8));
            } else {
                exif(unfolded);
            }
        }
    }

    private void webp() {
        int at = 12;
        while (at + 8 <= bytes.length) {
            int length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 4);
            if (length < 0 || length > bytes.length - at - 8) {
                return;
            }
            if (startsWith(at, "EXIF")) {
                exif(Arrays.copyOfRange(bytes, at + 8, at + 8 + length));
            } else if (startsWith(at, "XMP ")) {
                xmp(at + 8, length);
            }
            at += 8 + length + length % 2;
        }
    }

    /** Takes the orientation of an EXIF block, with or without its head; the first that tells one counts. */
    private void exif(byte[] block) {
        int start =
                new String(block, 0, Math.min(6, block.length), StandardCharsets.ISO_8859_1).equals(EXIF_HEAD) ? 6 : 0;
        if (exif != 0 || block.length < start + 8) {
            return;
        }
        ByteBuffer tiff = ByteBuffer.wrap(block, start, block.length - start).slice();
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = Integer.toUnsignedLong(tiff.getInt(4));
        if (tiff.getShort(2) != 42 || directory + 2 > tiff.limit()) {
            return;
        }
        int entries = Short.toUnsignedInt(tiff.getShort((int) directory));
        for (int i = 0, at = (int) directory + 2; i < entries && at + 12 <= tiff.limit(); i++, at += 12) {
            if (Short.toUnsignedInt(tiff.getShort(at)) == ORIENTATION_TAG) {
                boolean wide = tiff.getShort(at + 2) == 4; // LONG, as few write it; SHORT otherwise
                exif = wide ? tiff.getInt(at + 8) : Short.toUnsignedInt(tiff.getShort(at + 8));
                return;
            }
        }
    }

    private void xmp(int from, int length) {
        xmpIn(new String(bytes, from, length, StandardCharsets.UTF_8));
    }

    private void xmpIn(String text) {
        Matcher orientation = XMP.matcher(text);
        if (xmp == 0 && orientation.find()) {
            xmp = orientation.group(1).charAt(0) - '0';
        }
    }

    private static byte[] inflated(byte[] packed) {
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(packed);
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            int count = inflater.inflate(buffer);
            while (count > 0 && text.size() < MOST_TEXT) {
                text.write(buffer, 0, count);
                count = inflater.inflate(buffer);
            }
            return text.toByteArray();
        } catch (DataFormatException e) {
            return new byte[0]; // a note that cannot be read says nothing
        }
    }

    /** The place of the next zero byte, or the end. */
    private static int zero(byte[] body, int from) {
        int at = Math.min(from, body.length);
        while (at < body.length && body[at] != 0) {
            at++;
        }
        return at;
    }

    private boolean startsWith(int offset, String latin1) {
        if (offset + latin1.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < latin1.length(); i++) {
            if ((bytes[offset + i] & 0xFF) != latin1.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int big16(int offset) {
        return (bytes[offset] & 0xFF) << 8 | bytes[offset + 1] & 0xFF;
    }
}
