package ai.ingredients.cast;

import ai.ingredients.data.Split;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A character: everything by which it is recognised in any clip or photo. Clothes, pose, expression and light are not
 * part of it.
 *
 * <p>Traits that cannot be seen on a character have one value, so that two equal-looking characters are equal: a frame
 * colour without glasses, earrings under hair, a woman's beard, a man's lipstick.
 *
 * @param presentation what prompts call the character by
 * @param skin tone
 * @param faceShape outline
 * @param hairStyle silhouette
 * @param hairColour of hair, brows and beard
 * @param browShape course of the brows
 * @param browThickness of the brows
 * @param eyeColour of the iris
 * @param eyeSize of the whole eye
 * @param eyeSpacing distance of the eyes
 * @param eyeShape outline of the eyes
 * @param nose shape and size
 * @param mouth width and fullness
 * @param lips lipstick
 * @param facialHair beard and moustache
 * @param glasses shape
 * @param frameColour of the glasses
 * @param mark on the skin
 * @param ears size
 * @param earring worn
 * @param age lines in the face
 */
public record CastIdentity(
        Presentation presentation,
        Skin skin,
        FaceShape faceShape,
        HairStyle hairStyle,
        HairColour hairColour,
        BrowShape browShape,
        BrowThickness browThickness,
        EyeColour eyeColour,
        EyeSize eyeSize,
        EyeSpacing eyeSpacing,
        EyeShape eyeShape,
        Nose nose,
        Mouth mouth,
        Lips lips,
        FacialHair facialHair,
        Glasses glasses,
        FrameColour frameColour,
        Mark mark,
        Ears ears,
        Earring earring,
        Age age) {

    /** One way in which characters differ. */
    private sealed interface Trait {
        int ordinal();

        /** How different two values look, 0 to 1. */
        default double distance(Trait other) {
            return ordinal() == other.ordinal() ? 0 : 1;
        }
    }

    /** A trait that is a colour: near colours are near. */
    private sealed interface Coloured extends Trait {
        int rgb();

        @Override
        default double distance(Trait other) {
            return Colours.distance(rgb(), ((Coloured) other).rgb());
        }
    }

    /** What prompts call a character by. */
    public enum Presentation implements Trait {
        WOMAN,
        MAN
    }

    /** Skin tone. */
    public enum Skin implements Coloured {
        PORCELAIN(0xffe3d3),
        ROSE(0xf9c6ac),
        SAND(0xecb98a),
        OLIVE(0xd2a06a),
        BRONZE(0xb97f4e),
        BROWN(0x96603c),
        UMBER(0x70442c),
        EBONY(0x4c2e22);

        private final int rgb;

        Skin(int rgb) {
            this.rgb = rgb;
        }

        @Override
        public int rgb() {
            return rgb;
        }
    }

    /** Outline of the face. */
    public enum FaceShape implements Trait {
        ROUND,
        OVAL,
        SQUARE,
        HEART,
        LONG,
        DIAMOND
    }

    /** Silhouette of the hair. */
    public enum HairStyle implements Trait {
        LONG(true, true, true),
        BANGS(true, false, true),
        WAVY(true, false, true),
        BOB(true, false, true),
        PIXIE(true, false, false),
        BUN(true, true, false),
        PONYTAIL(true, false, false),
        AFRO(true, true, false),
        SPACE_BUNS(true, false, false),
        BRAIDS(true, false, false),
        CURLS(true, true, true),
        LOCS(true, true, true),
        BALD(false, true, false),
        BUZZ(false, true, false),
        SIDE_PART(false, true, false),
        QUIFF(false, true, false),
        MOHAWK(true, true, false),
        FLAT_TOP(false, true, false),
        SPIKY(false, true, false),
        BOWL(false, true, false),
        RECEDING(false, true, false);

        private final boolean women;
        private final boolean men;
        private final boolean coversEars;

        HairStyle(boolean women, boolean men, boolean coversEars) {
            this.women = women;
            this.men = men;
            this.coversEars = coversEars;
        }

        private boolean worn(Presentation by) {
            return by == Presentation.WOMAN ? women : men;
        }

        /** Whether the ears cannot be seen. */
        boolean coversEars() {
            return coversEars;
        }
    }

    /** Colour of hair, brows and beard. */
    public enum HairColour implements Coloured {
        BLACK(0x1f1b24),
        BROWN(0x5b3420),
        CHESTNUT(0x8c4a22),
        GINGER(0xe0661c),
        BLOND(0xf2c14e),
        WHITE(0xeeeae2),
        GREY(0x8d9199),
        RED(0xc2182f),
        PINK(0xff6fb1),
        PURPLE(0x7d3fc4),
        BLUE(0x2f6fe0),
        TEAL(0x14b3a6),
        GREEN(0x58b53a);

        private final int rgb;

        HairColour(int rgb) {
            this.rgb = rgb;
        }

        @Override
        public int rgb() {
            return rgb;
        }
    }

    /** Course of the brows. */
    public enum BrowShape implements Trait {
        FLAT,
        ARCHED,
        ANGRY,
        SAD
    }

    /** Thickness of the brows. */
    public enum BrowThickness implements Trait {
        THIN,
        MEDIUM,
        THICK
    }

    /** Colour of the iris. */
    public enum EyeColour implements Coloured {
        DARK(0x3a2418),
        HAZEL(0xa8641e),
        GREEN(0x3fa63f),
        BLUE(0x2f86f0),
        ICE(0x86d3f0),
        GREY(0x7b8794),
        VIOLET(0x8a4fe0);

        private final int rgb;

        EyeColour(int rgb) {
            this.rgb = rgb;
        }

        @Override
        public int rgb() {
            return rgb;
        }
    }

    /** Size of the eyes. */
    public enum EyeSize implements Trait {
        SMALL,
        MEDIUM,
        LARGE
    }

    /** Distance of the eyes. */
    public enum EyeSpacing implements Trait {
        CLOSE,
        MEDIUM,
        WIDE
    }

    /** Outline of the eyes. */
    public enum EyeShape implements Trait {
        ROUND,
        ALMOND,
        SLEEPY
    }

    /** Shape and size of the nose. */
    public enum Nose implements Trait {
        BUTTON,
        SMALL,
        LONG,
        WIDE,
        BULB,
        POINTED
    }

    /** Width and fullness of the mouth. */
    public enum Mouth implements Trait {
        SMALL,
        WIDE,
        FULL,
        THIN
    }

    /** Lipstick. */
    public enum Lips implements Trait {
        NATURAL,
        RED,
        PINK,
        PLUM
    }

    /** Beard and moustache. */
    public enum FacialHair implements Trait {
        NONE,
        STUBBLE,
        MOUSTACHE,
        GOATEE,
        BEARD,
        LONG_BEARD
    }

    /** Shape of the glasses. */
    public enum Glasses implements Trait {
        NONE,
        ROUND,
        SQUARE,
        CAT_EYE,
        TINTED
    }

    /** Colour of the glasses. */
    public enum FrameColour implements Coloured {
        BLACK(0x18181c),
        RED(0xe02038),
        BLUE(0x1f5fe0),
        GOLD(0xe0a020),
        GREEN(0x1f9a58),
        WHITE(0xf6f6f6);

        private final int rgb;

        FrameColour(int rgb) {
            this.rgb = rgb;
        }

        @Override
        public int rgb() {
            return rgb;
        }
    }

    /** Mark on the skin; the sides are those of the viewer. */
    public enum Mark implements Trait {
        NONE,
        FRECKLES,
        MOLE_LEFT,
        MOLE_RIGHT,
        ROSY
    }

    /** Size of the ears. */
    public enum Ears implements Trait {
        SMALL,
        LARGE
    }

    /** Earrings. */
    public enum Earring implements Trait {
        NONE,
        STUD,
        HOOP,
        DROP
    }

    /** Lines in the face. */
    public enum Age implements Trait {
        YOUNG,
        MIDDLE,
        OLD
    }

    /** How much each trait counts in {@link #distance}, in the order of {@link #traits}: by how loud it looks. */
    private static final double[] WEIGHTS = {
        1, 2.5, 1, 3.5, 3, 0.5, 0.5, 0.8, 0.6, 0.6, 0.6, 0.8, 0.6, 0.7, 2.2, 2.2, 0.8, 0.6, 0.3, 0.6, 0.5
    };

    private static final List<HairStyle> WOMENS_HAIR = wornBy(Presentation.WOMAN);
    private static final List<HairStyle> MENS_HAIR = wornBy(Presentation.MAN);

    private static final double TOTAL_WEIGHT = Arrays.stream(WEIGHTS).sum();

    /** Gives traits that cannot be seen their one value. */
    public CastIdentity {
        if (!hairStyle.worn(presentation)) {
            throw new IllegalArgumentException(hairStyle + " is not worn by a " + presentation);
        }
        frameColour = glasses == Glasses.NONE ? FrameColour.BLACK : frameColour;
        lips = presentation == Presentation.MAN ? Lips.NATURAL : lips;
        facialHair = presentation == Presentation.WOMAN ? FacialHair.NONE : facialHair;
        earring = hairStyle.coversEars() ? Earring.NONE : earring;
        ears = hairStyle.coversEars() ? Ears.SMALL : ears;
    }

    /** Draws a character of {@code split}; the same random numbers give the same one. */
    public static CastIdentity draw(SplittableRandom random, Split split, Presentation presentation) {
        while (true) {
            CastIdentity drawn = draw(random, presentation);
            if (drawn.split() == split) {
                return drawn;
            }
        }
    }

    private static CastIdentity draw(SplittableRandom random, Presentation presentation) {
        boolean glasses = random.nextDouble() < 0.45; // most people wear none, and glasses hide eyes
        boolean earrings = random.nextDouble() < (presentation == Presentation.WOMAN ? 0.6 : 0.2);
        return new CastIdentity(
                presentation,
                any(random, Skin.values()),
                any(random, FaceShape.values()),
                Seeds.pick(random, presentation == Presentation.WOMAN ? WOMENS_HAIR : MENS_HAIR),
                any(random, HairColour.values()),
                any(random, BrowShape.values()),
                any(random, BrowThickness.values()),
                any(random, EyeColour.values()),
                any(random, EyeSize.values()),
                any(random, EyeSpacing.values()),
                any(random, EyeShape.values()),
                any(random, Nose.values()),
                any(random, Mouth.values()),
                any(random, Lips.values()),
                any(random, FacialHair.values()),
                glasses ? butFirst(random, Glasses.values()) : Glasses.NONE,
                any(random, FrameColour.values()),
                any(random, Mark.values()),
                any(random, Ears.values()),
                earrings ? butFirst(random, Earring.values()) : Earring.NONE,
                any(random, Age.values()));
    }

    private static List<HairStyle> wornBy(Presentation presentation) {
        return Arrays.stream(HairStyle.values())
                .filter(style -> style.worn(presentation))
                .toList();
    }

    private static <T> T any(SplittableRandom random, T[] values) {
        return values[random.nextInt(values.length)];
    }

    private static <T> T butFirst(SplittableRandom random, T[] values) {
        return values[1 + random.nextInt(values.length - 1)];
    }

    private List<Trait> traits() {
        return List.of(
                presentation,
                skin,
                faceShape,
                hairStyle,
                hairColour,
                browShape,
                browThickness,
                eyeColour,
                eyeSize,
                eyeSpacing,
                eyeShape,
                nose,
                mouth,
                lips,
                facialHair,
                glasses,
                frameColour,
                mark,
                ears,
                earring,
                age);
    }

    /** How many different characters there are; exact. */
    public static long count() {
        long perHair = 0; // what hair and ears allow: ears and earrings are seen or not
        for (Presentation by : Presentation.values()) {
            long own = by == Presentation.WOMAN ? Lips.values().length : FacialHair.values().length;
            for (HairStyle style : HairStyle.values()) {
                long seenEars = style.coversEars() ? 1 : (long) Ears.values().length * Earring.values().length;
                perHair += style.worn(by) ? own * seenEars : 0;
            }
        }
        long glasses = 1 + (long) (Glasses.values().length - 1) * FrameColour.values().length;
        long count = perHair * glasses;
        for (Enum<?>[] free : List.<Enum<?>[]>of(
                Skin.values(),
                FaceShape.values(),
                HairColour.values(),
                BrowShape.values(),
                BrowThickness.values(),
                EyeColour.values(),
                EyeSize.values(),
                EyeSpacing.values(),
                EyeShape.values(),
                Nose.values(),
                Mouth.values(),
                Mark.values(),
                Age.values())) {
            count = Math.multiplyExact(count, free.length);
        }
        return count;
    }

    /** How different two characters look: 0 for the same, 1 when every trait is as different as can be. */
    public double distance(CastIdentity other) {
        List<Trait> mine = traits();
        List<Trait> theirs = other.traits();
        double sum = 0;
        for (int i = 0; i < WEIGHTS.length; i++) {
            sum += WEIGHTS[i] * mine.get(i).distance(theirs.get(i));
        }
        return sum / TOTAL_WEIGHT;
    }

    /** Where this character may be used. */
    public Split split() {
        return Splits.of(hash());
    }

    private long hash() {
        List<Trait> traits = traits();
        long[] values = new long[traits.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = traits.get(i).ordinal();
        }
        return Seeds.of(values);
    }

    /** Names this character: a letter per trait. Equal characters, and no others, have equal ids. */
    public String id() {
        StringBuilder id = new StringBuilder();
        traits().forEach(trait -> id.append((char) ('a' + trait.ordinal())));
        return id.toString();
    }

    /** All traits and their values, in words, for people to read. */
    public Map<String, String> traitsByName() {
        List<Trait> traits = traits();
        Map<String, String> names = new LinkedHashMap<>();
        for (int i = 0; i < traits.size(); i++) {
            names.put(
                    CastIdentity.class.getRecordComponents()[i].getName(),
                    traits.get(i).toString().toLowerCase(Locale.ROOT).replace('_', ' '));
        }
        return names;
    }

    /** The number of each trait's value, in the order of the record's components. */
    public List<Integer> traitValues() {
        return traits().stream().map(Trait::ordinal).toList();
    }

    /** How many values each trait has, in the same order. */
    public static List<Integer> traitSizes() {
        return Arrays.stream(CastIdentity.class.getRecordComponents())
                .map(component -> component.getType().getEnumConstants().length)
                .toList();
    }
}
