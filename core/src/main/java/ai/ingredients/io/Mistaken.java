package ai.ingredients.io;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a file really is when it is not what its name says: downloads leave pointers, web pages and error messages behind
 * under the names of weights and configs.
 */
public final class Mistaken {
    /** Bytes of a file's beginning that tell. */
    public static final int START = 512;

    private static final String FETCH = "download the file itself";

    private Mistaken() {}

    /**
     * What {@code start} is the beginning of, as the rest of a message that begins with the file's name, with a remedy; null
     * when it is none of the usual mistakes.
     *
     * @param start the first {@link #START} bytes of a file, or all there are
     */
    public static @Nullable String as(byte[] start) {
        String archive = archive(start);
        if (archive != null) {
            return "is " + archive + "; unpack it first";
        }
        String text = new String(start, StandardCharsets.ISO_8859_1)
                .replaceFirst("^\u00ef\u00bb\u00bf", "") // a byte order mark
                .stripLeading()
                .toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs") || text.startsWith("version http://git-media")) {
            return "is a pointer of Git LFS, not the file itself; run `git lfs pull` there";
        }
        if (text.startsWith("/annex/objects/") || text.startsWith("../.git/annex/objects/")) {
            return "is a pointer of git-annex, not the file itself; run `git annex get` there";
        }
        if (text.startsWith("# xet version")) {
            return "is a pointer of Xet, not the file itself; " + FETCH;
        }
        if (text.startsWith("<!doctype") || text.startsWith("<html") || text.startsWith("<?xml")) {
            return "is a web page, not the file itself; the download needs another address or a login";
        }
        if (text.startsWith("entry not found")
                || text.startsWith("repository not found")
                || text.startsWith("invalid username or password")
                || text.startsWith("access to model ")
                || text.startsWith("{\"error\"")) {
            return "is a hub's error message (\"" + firstLine(start) + "\"), not the file itself; " + FETCH;
        }
        return null;
    }

    private static String firstLine(byte[] start) {
        String text = new String(start, StandardCharsets.UTF_8).strip();
        String line = text.lines().findFirst().orElse("");
        return line.length() > 120 ? line.substring(0, 117) + "..." : line;
    }

    private static @Nullable String archive(byte[] start) {
        if (begins(start, 0x1f, 0x8b)) {
            return "a gzip archive";
        }
        if (begins(start, 0x28, 0xb5, 0x2f, 0xfd)) {
            return "compressed with zstd";
        }
        if (begins(start, 0xfd, '7', 'z', 'X', 'Z')) {
            return "compressed with xz";
        }
        if (begins(start, '7', 'z', 0xbc, 0xaf)) {
            return "a 7z archive";
        }
        return begins(start, 'R', 'a', 'r', '!') ? "a rar archive" : null;
    }

    private static boolean begins(byte[] start, int... with) {
        if (start.length < with.length) {
            return false;
        }
        for (int i = 0; i < with.length; i++) {
            if (Byte.toUnsignedInt(start[i]) != with[i]) {
                return false;
            }
        }
        return true;
    }
}
