package ai.ingredients.pipeline;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.PersonName;
import ai.ingredients.text.TokenEmbeddings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of people and the words that stand for them in a prompt: {@code "@anna waves."} becomes {@code "A woman in red
 * waves."} The second time in a text an "a" or "an" becomes "the". An e-mail address is left alone; {@code @@} writes
 * an @.
 */
public final class PersonWords {
    /** Stands for people without a role. */
    public static final String NEUTRAL = "a person";

    /**
     * Words that stand for somebody.
     *
     * @param person index, from 0
     * @param start of the words in the text
     * @param end behind them
     */
    public record Mention(int person, int start, int end) {}

    /**
     * A text with words in place of names.
     *
     * @param mentions which of its words stand for whom, in their order
     */
    public record Expanded(String text, List<Mention> mentions) {
        public Expanded {
            mentions = List.copyOf(mentions);
        }
    }

    private static final Pattern MENTION =
            Pattern.compile("@@|(?<![\\p{L}\\p{M}\\p{N}_])@(" + PersonName.PATTERN + ")");
    private static final Pattern ARTICLE = Pattern.compile("^(a|an)\\s+", Pattern.CASE_INSENSITIVE);

    private final List<String> names;
    private final Map<String, String> roles = new HashMap<>();

    /**
     * @param names of the people in their order, {@link PersonName#NONE} for those without one
     * @param roles words by name, such as "a woman in a red coat"; {@link #NEUTRAL} stands for the others
     * @throws InvalidInputException when a name is none or given twice, or a role is of nobody
     */
    public PersonWords(List<String> names, Map<String, String> roles) {
        PersonName.check("the people", names);
        this.names = List.copyOf(names);
        roles.forEach((name, words) -> {
            if (person(name) < 0) {
                throw new InvalidInputException("the role of " + name + ": nobody has that name; " + known());
            }
            if (words.isBlank()) {
                throw new InvalidInputException(
                        "the role of " + name + " is empty; say what the model can draw, such as \"a woman in red\"");
            }
            this.roles.put(PersonName.key(name), words.strip());
        });
    }

    /** The index of the person called {@code name}; −1 for nobody. */
    public int person(String name) {
        for (int n = 0; n < names.size(); n++) {
            if (!names.get(n).equals(PersonName.NONE)
                    && PersonName.key(names.get(n)).equals(PersonName.key(name))) {
                return n;
            }
        }
        return -1;
    }

    /** For messages: which names there are. */
    public String known() {
        List<String> given =
                names.stream().filter(name -> !name.equals(PersonName.NONE)).toList();
        return given.isEmpty() ? "no person has a name" : "names are " + String.join(", ", given);
    }

    /**
     * A prompt with words in place of names.
     *
     * @param what it is, for the message
     * @throws InvalidInputException when it mentions somebody who is not there
     */
    public String expand(String what, String text) {
        return read(what, text).text;
    }

    /**
     * As {@link #expand}, and which words stand for whom.
     *
     * @param what it is, for the message
     * @throws InvalidInputException when it mentions somebody who is not there
     */
    public Expanded read(String what, String text) {
        StringBuilder made = new StringBuilder();
        List<Mention> mentions = new ArrayList<>();
        Set<Integer> mentioned = new HashSet<>();
        Matcher mention = MENTION.matcher(text);
        int from = 0;
        while (mention.find()) {
            made.append(text, from, mention.start());
            from = mention.end();
            String name = mention.group(1);
            if (name == null) {
                made.append('@');
                continue;
            }
            int start = made.length();
            made.append(words(what, name, mentioned, beginsSentence(made)));
            mentions.add(new Mention(person(name), start, made.length()));
        }
        return new Expanded(made.append(text, from, text.length()).toString(), mentions);
    }

    private String words(String what, String name, Set<Integer> mentioned, boolean capital) {
        int person = person(name);
        if (person < 0) {
            throw new InvalidInputException("the " + what + " mentions @" + name + ", but nobody has that name ("
                    + known() + "); name a `person` " + name + ", or write @@" + name + " for an @");
        }
        String words = roles.getOrDefault(PersonName.key(name), NEUTRAL);
        if (!mentioned.add(person)) {
            words = ARTICLE.matcher(words).replaceFirst("the ");
        }
        int first = words.offsetByCodePoints(0, 1);
        return capital ? words.substring(0, first).toUpperCase(Locale.ROOT) + words.substring(first) : words;
    }

    private static boolean beginsSentence(CharSequence before) {
        String text = before.toString();
        String words = text.stripTrailing();
        return words.isEmpty()
                || words.length() < text.length() && ".!?".indexOf(words.charAt(words.length() - 1)) >= 0;
    }

    /** {@code text} as a prompt that mentions nobody: each @ in it stays one. */
    public static String plain(String text) {
        return text.replace("@", "@@");
    }

    /**
     * What of {@code text} stands for somebody: names of people as {@code @name} in small letters, and words in angle
     * brackets, which were learned; in their order.
     */
    public static Set<String> standIns(String text) {
        Set<String> found = new LinkedHashSet<>();
        MENTION.matcher(text)
                .results()
                .map(mention -> mention.group(1))
                .filter(Objects::nonNull)
                .forEach(name -> found.add("@" + PersonName.key(name)));
        found.addAll(TokenEmbeddings.unknownIn(text, Set.of()));
        return found;
    }

    /** The named people whom none of {@code texts} mentions, in their order. */
    public List<String> unmentioned(List<String> texts) {
        Set<Integer> mentioned = new HashSet<>();
        for (String text : texts) {
            MENTION.matcher(text)
                    .results()
                    .filter(mention -> mention.group(1) != null)
                    .forEach(mention -> mentioned.add(person(mention.group(1))));
        }
        List<String> missing = new ArrayList<>();
        for (int n = 0; n < names.size(); n++) {
            if (!names.get(n).equals(PersonName.NONE) && !mentioned.contains(n)) {
                missing.add(names.get(n));
            }
        }
        return missing;
    }
}
