package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What people are called in prompts and files: a word of letters, digits and _ that begins with a letter. */
public final class PersonName {
    /** Somebody without a name. */
    public static final String NONE = "";

    /** What a name looks like. */
    public static final String PATTERN = "\\p{L}[\\p{L}\\p{M}\\p{N}_]*";

    private PersonName() {}

    /**
     * {@code text}, which must be a name.
     *
     * @param where what the message begins with
     */
    public static String checked(String where, String text) {
        if (!text.matches(PATTERN)) {
            throw new InvalidInputException(where + ": \"" + text
                    + "\" is no name; a name is one word of letters, digits and _ that begins with a letter");
        }
        return text;
    }

    /** Equal for names that are the same: large and small letters, and composed accents, make no difference. */
    public static String key(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }

    /**
     * Refuses names that are none or given twice.
     *
     * @param where what the message begins with
     * @param names of people, {@link #NONE} for those without one
     */
    public static void check(String where, List<String> names) {
        Set<String> known = new HashSet<>();
        for (String name : names) {
            if (!name.equals(NONE) && !known.add(key(checked(where, name)))) {
                throw new InvalidInputException(
                        where + ": two people are called " + name + "; give each their own name");
            }
        }
    }
}
