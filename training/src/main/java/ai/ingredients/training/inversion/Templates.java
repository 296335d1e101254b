package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Captions with a place left out for whoever they tell of. */
public final class Templates {
    /** Where the person is named. */
    public static final String PLACE = "{}";

    /** For real photos and encoders that know English. */
    public static final List<String> ENGLISH = List.of(
            "A photo of {}.",
            "A portrait of {}.",
            "A close-up of {}.",
            "{} looks into the camera.",
            "This is what {} looks like.",
            "A bright photo of the face of {}.");

    private static final String SINGULAR = "woman|man|girl|boy|lady|gentleman|person|child|guy|figure";
    /** Up to three words that cannot begin another phrase; as few as will do. */
    private static final String ADJECTIVES =
            "(?:(?!(?:an?|one|another|the|and|or|of|in|on|at|by|to|with|near|next|from|for|while|who|is|as|behind|beside)\\b)"
                + "[\\p{L}'-]+\\s+){0,3}?";

    private static final Pattern ONE = person("an?|one");
    private static final Pattern SAME = person("the|this|that");
    private static final Pattern ANYBODY = Pattern.compile(
            "\\b(?:" + SINGULAR + "|women|men|girls|boys|ladies|gentlemen|persons|people|children|guys|figures"
                    + "|couple|friends?|crowd|group)\\b",
            Pattern.CASE_INSENSITIVE);

    private Templates() {}

    private static Pattern person(String articles) {
        return Pattern.compile(
                "\\b(?:" + articles + ")\\s+" + ADJECTIVES + "(" + SINGULAR + ")\\b(?!-)", Pattern.CASE_INSENSITIVE);
    }

    /**
     * A caption of one person with the words for that person left out: "A woman in a red coat waves." becomes "{} in a red
     * coat waves.", and so does "the woman" in a later sentence.
     *
     * @return none where it is not certain that the caption tells of one person, and in which words
     */
    static @Nullable String of(String caption) {
        Matcher one = ONE.matcher(caption);
        if (caption.contains(PLACE) || !one.find()) {
            return null;
        }
        String noun = one.group(1);
        String left = caption.substring(0, one.start()) + PLACE + caption.substring(one.end());
        StringBuilder named = new StringBuilder();
        Matcher same = SAME.matcher(left);
        while (same.find()) {
            if (!same.group(1).equalsIgnoreCase(noun)) {
                return null;
            }
            same.appendReplacement(named, Matcher.quoteReplacement(PLACE));
        }
        same.appendTail(named);
        return ANYBODY.matcher(named).find() ? null : named.toString();
    }

    /** {@code template} about somebody of that name. */
    static String naming(String template, String name) {
        return template.replace(PLACE, name);
    }

    /**
     * Refuses templates that name nobody.
     *
     * @param key of the config they stand under
     */
    static void check(String key, List<String> templates) {
        for (String template : templates) {
            if (!template.contains(PLACE)) {
                throw new InvalidInputException(key + " has \"" + template + "\", which names nobody; write " + PLACE
                        + " where the word belongs, as in \"A photo of {}.\"");
            }
        }
    }
}
