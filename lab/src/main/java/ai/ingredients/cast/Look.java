package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.FacialHair;
import ai.ingredients.cast.CastIdentity.Glasses;
import ai.ingredients.cast.CastIdentity.HairColour;
import ai.ingredients.cast.CastIdentity.HairStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a caption says of somebody's looks: "with red hair", "with a beard".
 *
 * @param kind what is told
 * @param hair the colour, for {@link Kind#HAIR} only
 */
public record Look(Kind kind, @Nullable HairColour hair) {
    /** What can be told. */
    public enum Kind {
        HAIR("hair"),
        BALD("a bald head"),
        GLASSES("glasses"),
        BEARD("a beard"),
        MOUSTACHE("a moustache");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    public Look {
        if ((kind == Kind.HAIR) != (hair != null)) {
            throw new IllegalArgumentException(kind + " with hair of colour " + hair);
        }
    }

    /** Everything that can be told of anybody. */
    static List<Look> all() {
        return Stream.concat(
                        Stream.of(HairColour.values()).map(colour -> new Look(Kind.HAIR, colour)),
                        Stream.of(Kind.values())
                                .filter(kind -> kind != Kind.HAIR)
                                .map(kind -> new Look(kind, null)))
                .toList();
    }

    /** Whether it is true of {@code who}. */
    public boolean fits(CastIdentity who) {
        return switch (kind) {
            case HAIR -> who.hairStyle() != HairStyle.BALD && who.hairColour() == hair;
            case BALD -> who.hairStyle() == HairStyle.BALD;
            case GLASSES -> who.glasses() != Glasses.NONE;
            case BEARD -> who.facialHair() == FacialHair.BEARD || who.facialHair() == FacialHair.LONG_BEARD;
            case MOUSTACHE -> who.facialHair() == FacialHair.MOUSTACHE;
        };
    }

    /** What is true of {@code who} and of none of {@code others}; may be empty. */
    static List<Look> telling(CastIdentity who, List<CastIdentity> others) {
        List<Look> telling = new ArrayList<>();
        for (Look look : all()) {
            if (look.fits(who) && others.stream().noneMatch(look::fits)) {
                telling.add(look);
            }
        }
        return telling;
    }

    /** "with red hair". */
    public String phrase() {
        return "with " + (hair == null ? kind.words : hairWord(hair) + " " + kind.words);
    }

    /** The word for a colour of hair in a caption. */
    static String hairWord(@Nullable HairColour hair) {
        HairColour colour = Objects.requireNonNull(hair);
        return colour == HairColour.GREY ? "gray" : colour.name().toLowerCase(Locale.ROOT);
    }
}
