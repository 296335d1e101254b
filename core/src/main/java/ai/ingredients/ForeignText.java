package ai.ingredients;

import java.util.function.IntPredicate;

/**
 * Makes text that somebody else wrote (a file, a hub, a library) safe to show in a message: what would move a cursor,
 * break a line, turn the direction of writing or is no character at all appears as an escape such as {@code \u001b}.
 *
 * <p>The exceptions of this package pass their whole message through {@link #oneLine}, so nothing that is thrown can
 * write to a terminal more than its characters. {@link #shown} is for a single piece of such text within a message.
 */
public final class ForeignText {
    private static final int LONGEST_PIECE = 120; // characters
    private static final int LONGEST_LINE = 8000; // characters; lists of differing tensors are long

    private ForeignText() {}

    /** {@code text} on one line, without anything a terminal would act on, and not longer than a screen. */
    public static String oneLine(String text) {
        return escaped(shortened(text, LONGEST_LINE));
    }

    /** As {@link #oneLine}, cut in the middle when it is long: names, values and answers within a message. */
    public static String shown(String text) {
        return escaped(shortened(text, LONGEST_PIECE));
    }

    /** {@code text} with its line breaks and tabs, otherwise without anything a terminal would act on. */
    public static String printed(String text) {
        return escaped(text, c -> acts(c) && c != '\n' && c != '\r' && c != '\t');
    }

    /** Whether {@code text} is without half characters (unpaired surrogates), which no file can hold. */
    public static boolean isWhole(String text) {
        return text.codePoints().noneMatch(c -> Character.getType(c) == Character.SURROGATE);
    }

    private static String shortened(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int kept = longest / 2;
        return text.substring(0, kept) + "…(" + (text.length() - 2 * kept) + " characters)…"
                + text.substring(text.length() - kept);
    }

    private static String escaped(String text) {
        return escaped(text, ForeignText::acts);
    }

    private static String escaped(String text, IntPredicate acts) {
        if (text.codePoints().noneMatch(acts)) {
            return text;
        }
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (acts.test(c)) {
                safe.append(escape(c));
            } else {
                safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }

    private static String escape(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> Character.isBmpCodePoint(c) ? "\\u" + hex(c, 4) : "\\U" + hex(c, 8);
        };
    }

    private static String hex(int value, int digits) {
        String hex = Integer.toHexString(value);
        return "0".repeat(digits - hex.length()) + hex;
    }

    /** Whether a terminal does something else with {@code c} than drawing it. */
    private static boolean acts(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, // half a pair
                    Character.UNASSIGNED -> // among them those that never will be characters
                true;
            case Character.FORMAT -> c != 0x200C && c != 0x200D; // these two join and part letters, and make emoji
            default -> false;
        };
    }
}
