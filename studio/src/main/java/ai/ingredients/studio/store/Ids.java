package ai.ingredients.studio.store;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** Names of rows and folders: made here, never taken from a client before they were looked at. Thread-safe. */
public final class Ids {
    /** What a video's id begins with. */
    public static final String VIDEO = "video_";
    /** What a person's id begins with. */
    public static final String PERSON = "person_";

    private static final int BYTES = 16;
    private static final Pattern FORM = Pattern.compile("(video|person)_[0-9a-f]{" + 2 * BYTES + "}");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final AtomicLong LAST = new AtomicLong();

    private Ids() {}

    /** A new one that nobody can guess. */
    public static String random(String prefix) {
        return prefix + secret(BYTES);
    }

    /** {@code bytes} random bytes in hexadecimal. */
    public static String secret(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** Whether {@code text} can be one of {@code prefix}. */
    public static boolean valid(String prefix, String text) {
        return text.startsWith(prefix) && FORM.matcher(text).matches();
    }

    /** A number greater than all before it in this process, and than those of other processes a millisecond ago. */
    public static long ordinal() {
        return LAST.accumulateAndGet(System.currentTimeMillis() * 1000, (last, now) -> Math.max(last + 1, now));
    }
}
