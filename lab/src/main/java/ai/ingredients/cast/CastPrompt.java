package ai.ingredients.cast;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.data.Split;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What happens in a clip, and the words for it.
 *
 * <p>The caption names people by what they wear, and may tell where they stand or what they look like. Whose photo is
 * whose it never says: that identity comes from the photos is what models are to learn.
 *
 * @param scene where
 * @param action what everyone does
 * @param light time of day or colour of the light
 * @param camera how the camera moves
 * @param people who, in the order in which the caption names them
 * @param caption the prompt; empty while it has no words yet
 */
public record CastPrompt(Scene scene, Action action, Light light, Camera camera, List<Role> people, String caption) {
    /** The most people a clip has. */
    public static final int MOST_PEOPLE = 3;

    public CastPrompt {
        people = List.copyOf(people);
        if (people.isEmpty() || people.size() > MOST_PEOPLE) {
            throw new IllegalArgumentException("a prompt names 1 to 3 people, not " + people.size());
        }
    }

    /**
     * One person of a prompt.
     *
     * @param presentation woman or man
     * @param garment what this person wears
     * @param place where the caption says that this person stands, if it does
     * @param look what the caption says of this person's looks, if anything
     */
    public record Role(
            Presentation presentation,
            Garment garment,
            @Nullable Place place,
            @Nullable Look look) {
        /** Told by clothes alone. */
        public Role(Presentation presentation, Garment garment) {
            this(presentation, garment, null, null);
        }
    }

    /**
     * Clothes.
     *
     * @param colour of them
     * @param kind of them
     */
    public record Garment(Dye colour, Cut kind) {}

    /** Where a clip takes place. */
    public enum Scene {
        PARK("in", "park"),
        BEACH("on", "beach"),
        STREET("on", "city street"),
        KITCHEN("in", "kitchen"),
        LIBRARY("in", "library"),
        MOUNTAIN("on", "snowy mountain"),
        LIVING_ROOM("in", "living room"),
        OFFICE("in", "office"),
        FOREST("in", "autumn forest"),
        DESERT("in", "desert"),
        STAGE("on", "stage"),
        HARBOUR("by", "harbour");

        private final String preposition;
        private final String noun;

        Scene(String preposition, String noun) {
            this.preposition = preposition;
            this.noun = noun;
        }

        String preposition() {
            return preposition;
        }

        /** Whether there is a roof. */
        boolean indoors() {
            return switch (this) {
                case KITCHEN, LIBRARY, LIVING_ROOM, OFFICE, STAGE -> true;
                default -> false;
            };
        }

        /** The words that name it in a caption. */
        public String noun() {
            return noun;
        }
    }

    /** What everyone in a clip does. */
    public enum Action {
        WAVE("wave", "waves", "waving"),
        NOD("nod", "nods", "nodding"),
        TALK("talk", "talks", "talking"),
        WALK("walk", "walks", "walking"),
        DANCE("dance", "dances", "dancing"),
        LOOK_AROUND("look around", "looks around", "looking around"),
        JUMP("jump", "jumps", "jumping"),
        SIT("sit", "sits", "sitting"),
        LAUGH("laugh", "laughs", "laughing"),
        CHEER("cheer", "cheers", "cheering"),
        CLAP("clap", "claps", "clapping");

        private final String plural;
        private final String singular;
        private final String going;

        Action(String plural, String singular, String going) {
            this.plural = plural;
            this.singular = singular;
            this.going = going;
        }

        /** "waves" or "wave". */
        String verb(int people) {
            return people == 1 ? singular : plural;
        }

        /** "waving". */
        String going() {
            return going;
        }

        List<String> words() {
            return List.of(plural, singular, going);
        }
    }

    /** Time of day or colour of the light. */
    public enum Light {
        DAY("in bright daylight", "on a clear day"),
        EVENING("in the evening", "at sunset"),
        NIGHT("at night", "under a night sky"),
        WARM("in warm light", "in golden light"),
        CLOUDY("on a cloudy day", "in gray light");

        private final List<String> phrases;

        Light(String... phrases) {
            this.phrases = List.of(phrases);
        }

        /** The ways to say it. */
        List<String> phrases() {
            return phrases;
        }
    }

    /** How the camera moves. */
    public enum Camera {
        STILL("", "static shot"),
        PAN("the camera pans slowly", "slow pan"),
        ZOOM("the camera slowly zooms in", "slow zoom in");

        private final String clause;
        private final String shot;

        Camera(String clause, String shot) {
            this.clause = clause;
            this.shot = shot;
        }

        /** After a comma, or empty. */
        String clause() {
            return clause;
        }

        /** As the beginning of a caption. */
        String shot() {
            return shot;
        }
    }

    /** Colours of clothes. */
    public enum Dye {
        RED(0xd92332),
        ORANGE(0xf5862a),
        YELLOW(0xf7d038),
        GREEN(0x2f9e4f),
        TEAL(0x19a7a7),
        BLUE(0x2e62d9),
        PURPLE(0x8140c0),
        PINK(0xf582b4),
        WHITE(0xf4f4f0),
        BLACK(0x2a2a32),
        GRAY(0x8f949c),
        BROWN(0x8a5a34);

        private final int rgb;

        Dye(int rgb) {
            this.rgb = rgb;
        }

        int rgb() {
            return rgb;
        }

        /** The word in a caption. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Kinds of clothes. */
    public enum Cut {
        COAT,
        SWEATER,
        SHIRT,
        HOODIE,
        DRESS;

        /** The word in a caption. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        String plural() {
            return this == DRESS ? "dresses" : word() + "s";
        }
    }

    /** Draws a prompt of {@code split} for {@code people} people, without words: {@link CastScript} finds them. */
    public static CastPrompt draw(SplittableRandom random, Split split, int people) {
        while (true) {
            List<Role> roles = Stream.generate(() -> role(random)).limit(people).toList();
            Scene scene = Seeds.pick(random, List.of(Scene.values()));
            Action action = Seeds.pick(random, List.of(Action.values()));
            Light light = Seeds.pick(
                    random, List.of(Light.DAY, Light.DAY, Light.EVENING, Light.NIGHT, Light.WARM, Light.CLOUDY));
            Camera camera = Seeds.pick(random, List.of(Camera.STILL, Camera.STILL, Camera.PAN, Camera.ZOOM));
            CastPrompt bare = new CastPrompt(scene, action, light, camera, roles, "");
            if (bare.split() == split) {
                return bare;
            }
        }
    }

    private static Role role(SplittableRandom random) {
        Presentation presentation = random.nextBoolean() ? Presentation.WOMAN : Presentation.MAN;
        return new Role(presentation, garment(random, presentation));
    }

    /** Draws clothes. */
    static Garment garment(SplittableRandom random, Presentation presentation) {
        int cuts = presentation == Presentation.WOMAN ? Cut.values().length : Cut.DRESS.ordinal();
        return new Garment(Dye.values()[random.nextInt(Dye.values().length)], Cut.values()[random.nextInt(cuts)]);
    }

    /** This prompt with its people in another order or otherwise told of, and other words. */
    CastPrompt with(List<Role> told, String words) {
        return new CastPrompt(scene, action, light, camera, told, words);
    }

    /** Where this prompt may be used: by scene, action and clothes, whatever the words. */
    public Split split() {
        long clothes = 0;
        for (Role role : people) { // a sum, because order is not told
            clothes +=
                    Seeds.of(role.presentation.ordinal(), role.garment.colour.ordinal(), role.garment.kind.ordinal());
        }
        return Splits.of(Seeds.of(scene.ordinal(), action.ordinal(), clothes));
    }

    /**
     * Understands a caption of this grammar, in any wording: a scene, an action, one to three people with a colour and a
     * kind of clothes each; light, camera, places and looks may be left out.
     *
     * @throws InvalidInputException naming what is missing and what there is to choose from
     */
    public static CastPrompt parse(String caption) {
        return Captions.parse(caption);
    }
}
