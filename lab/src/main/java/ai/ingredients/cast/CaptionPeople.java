package ai.ingredients.cast;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity.HairColour;
import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.cast.CastPrompt.Cut;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Garment;
import ai.ingredients.cast.CastPrompt.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the people of a caption: groups of a count and a presentation, what they look like, then their clothes. */
final class CaptionPeople {
    private static final Map<String, Presentation> WHO = Map.of(
            "woman", Presentation.WOMAN, "women", Presentation.WOMAN, "man", Presentation.MAN, "men", Presentation.MAN);
    private static final Map<String, Dye> COLOURS = new HashMap<>();
    private static final Map<String, Cut> KINDS = new HashMap<>();
    private static final Map<String, HairColour> HAIR = new HashMap<>();

    static {
        for (Dye dye : Dye.values()) {
            COLOURS.put(dye.word(), dye);
        }
        COLOURS.put("grey", Dye.GRAY);
        for (Cut cut : Cut.values()) {
            KINDS.put(cut.word(), cut);
            KINDS.put(cut.plural(), cut);
        }
        for (HairColour colour : HairColour.values()) {
            HAIR.put(Look.hairWord(colour), colour);
            HAIR.put(colour.name().toLowerCase(Locale.ROOT), colour);
        }
    }

    private final String caption;
    private final List<String> words;
    private final boolean placesComeFirst;
    private final List<Role> people = new ArrayList<>();
    private final List<Dye> waiting = new ArrayList<>();
    private @Nullable Presentation current;
    private @Nullable Place place;
    private @Nullable Look look;
    private int missing;
    private int expected;

    private CaptionPeople(String caption, List<String> words) {
        this.caption = caption;
        this.words = words;
        int firstPerson = index(WHO::containsKey);
        int firstPlace = firstPlace();
        placesComeFirst = firstPlace >= 0 && firstPlace < firstPerson;
    }

    /**
     * The people of {@code caption}, in its order.
     *
     * @param words of the caption, in small letters
     * @throws InvalidInputException when the clothes of somebody are missing, or of nobody
     */
    static List<Role> read(String caption, List<String> words) {
        return new CaptionPeople(caption, words).read();
    }

    private int index(Predicate<String> wanted) {
        for (int i = 0; i < words.size(); i++) {
            if (wanted.test(words.get(i))) {
                return i;
            }
        }
        return words.size();
    }

    private int firstPlace() {
        for (int i = 0; i < words.size(); i++) {
            if (placeAt(i) != null) {
                return i;
            }
        }
        return -1;
    }

    /** The place whose phrase begins with word {@code i}. */
    private @Nullable Place placeAt(int i) {
        String three = String.join(" ", words.subList(i, Math.min(words.size(), i + 3)));
        return Stream.of(Place.values())
                .filter(known -> known.phrase().equals(three))
                .findFirst()
                .orElse(null);
    }

    private List<Role> read() {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            Place here = placeAt(i);
            if (here != null) {
                stand(here);
            } else if (WHO.containsKey(word)) {
                if (missing > 0) {
                    break;
                }
                current = WHO.get(word);
                look = i > 0 && words.get(i - 1).equals("bald") ? new Look(Look.Kind.BALD, null) : null;
                missing = i > 0 ? Math.max(1, Captions.COUNTS.indexOf(words.get(i - 1))) : 1;
                expected += missing;
            } else if (current != null && missing > 0) {
                describe(i, word);
            }
        }
        if (people.isEmpty() || people.size() > CastPrompt.MOST_PEOPLE || people.size() != expected || missing != 0) {
            throw new InvalidInputException("prompt \"" + caption + "\": tells the clothes of " + people.size() + " of "
                    + expected + " people; name one to three women or men, each with one of the colours "
                    + Arrays.stream(Dye.values()).map(Dye::word).collect(Collectors.joining(", ")) + " and one of "
                    + Arrays.stream(Cut.values()).map(Cut::word).collect(Collectors.joining(", ")));
        }
        return people;
    }

    /** A place belongs to the person named after it, or before it, as the caption began. */
    private void stand(Place here) {
        if (placesComeFirst) {
            place = here;
        } else if (!people.isEmpty() && missing == 0) {
            Role last = people.removeLast();
            people.add(new Role(last.presentation(), last.garment(), here, last.look()));
        }
    }

    private void describe(int i, String word) {
        String next = i + 1 < words.size() ? words.get(i + 1) : "";
        HairColour hair = HAIR.get(word);
        if (next.equals("hair") && hair != null) {
            look = new Look(Look.Kind.HAIR, hair);
        } else if (word.equals("glasses")) {
            look = new Look(Look.Kind.GLASSES, null);
        } else if (word.equals("beard")) {
            look = new Look(Look.Kind.BEARD, null);
        } else if (word.equals("moustache")) {
            look = new Look(Look.Kind.MOUSTACHE, null);
        } else if (word.equals("bald")) {
            look = new Look(Look.Kind.BALD, null);
        } else if (COLOURS.containsKey(word)) {
            waiting.add(COLOURS.get(word));
        } else if (KINDS.containsKey(word) && !waiting.isEmpty()) {
            dress(word, KINDS.get(word));
        }
    }

    private void dress(String word, Cut kind) {
        Presentation presentation = Objects.requireNonNull(current);
        boolean shared = waiting.size() == 1 && missing > 1 && !word.equals(kind.word());
        int times = shared ? missing : 1;
        for (Dye dye : waiting) {
            for (int k = 0; k < times; k++) {
                people.add(new Role(presentation, new Garment(dye, kind), place, look));
                place = null;
                missing--;
            }
        }
        waiting.clear();
    }
}
