package ai.ingredients.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Text of another program, whatever it is encoded in: by its byte order mark UTF-8, UTF-16 or UTF-32; without one UTF-8 if
 * it is that, UTF-16 if every other byte is zero as in western text, and otherwise what Windows writes in the west.
 *
 * @param text without the mark
 * @param guessed whether the encoding is no more than likely, so that letters may be wrong
 */
public record ForeignTextFile(String text, boolean guessed) {
    private static final Charset WESTERN = Charset.forName("windows-1252");
    private static final int LOOKED_AT = 1000; // bytes

    /** @throws IOException when the file cannot be read */
    public static ForeignTextFile read(Path file) throws IOException {
        return of(Files.readAllBytes(file));
    }

    static ForeignTextFile of(byte[] bytes) {
        if (begins(bytes, 0xEF, 0xBB, 0xBF)) {
            return new ForeignTextFile(text(bytes, 3, StandardCharsets.UTF_8), false);
        }
        if (begins(bytes, 0xFF, 0xFE, 0, 0)) {
            return new ForeignTextFile(text(bytes, 4, Charset.forName("UTF-32LE")), false);
        }
        if (begins(bytes, 0, 0, 0xFE, 0xFF)) {
            return new ForeignTextFile(text(bytes, 4, Charset.forName("UTF-32BE")), false);
        }
        if (begins(bytes, 0xFF, 0xFE)) {
            return new ForeignTextFile(text(bytes, 2, StandardCharsets.UTF_16LE), false);
        }
        if (begins(bytes, 0xFE, 0xFF)) {
            return new ForeignTextFile(text(bytes, 2, StandardCharsets.UTF_16BE), false);
        }
        int[] zeros = new int[2];
        int looked = Math.min(bytes.length, LOOKED_AT);
        for (int i = 0; i < looked; i++) {
            zeros[i % 2] += bytes[i] == 0 ? 1 : 0;
        }
        int most = looked / 2;
        if (most > 0 && zeros[0] == 0 && zeros[1] > most * 3 / 4) {
            return new ForeignTextFile(text(bytes, 0, StandardCharsets.UTF_16LE), false);
        }
        if (most > 0 && zeros[1] == 0 && zeros[0] > most * 3 / 4) {
            return new ForeignTextFile(text(bytes, 0, StandardCharsets.UTF_16BE), false);
        }
        try {
            return new ForeignTextFile(
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString(),
                    false);
        } catch (CharacterCodingException e) {
            return new ForeignTextFile(text(bytes, 0, WESTERN), true);
        }
    }

    private static boolean begins(byte[] bytes, int... mark) {
        if (bytes.length < mark.length) {
            return false;
        }
        for (int i = 0; i < mark.length; i++) {
            if ((bytes[i] & 0xff) != mark[i]) {
                return false;
            }
        }
        return true;
    }

    private static String text(byte[] bytes, int begin, Charset charset) {
        return new String(bytes, begin, bytes.length - begin, charset);
    }
}
