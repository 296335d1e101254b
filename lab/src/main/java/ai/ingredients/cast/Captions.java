package ai.ingredients.cast;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.cast.CastPrompt.Action;
import ai.ingredients.cast.CastPrompt.Camera;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Garment;
import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.cast.CastPrompt.Scene;
import ai.ingredients.data.Clip;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The grammar of prompts: words for what happens, and back. */
final class Captions {
    private static final int MOST_WORDS = 44;
    private static final int TRIES = 1000; // the longest prompts fit in one wording out of twenty
    static final List<String> COUNTS = List.of("zero", "one", "two", "three");

    private Captions() {}

    /** How a caption tells people apart. */
    private enum Telling {
        /** By their clothes alone. */
        CLOTHES,
        /** By their looks. */
        LOOKS,
        /** By where they stand. */
        PLACES
    }

    /**
     * A prompt in words.
     *
     * @param prompt with its people in the order of the caption
     * @param roles the same people as the caption tells of them, in the order of the parts
     */
    record Told(CastPrompt prompt, List<Role> roles) {}

    /**
     * Puts a prompt into words. A third of the captions tell people by their clothes alone, then those with the same look
     * are named together; a third say where everyone stands, a third what tells them from the others.
     *
     * @param parts the people
     * @param placed whether everyone stays where they are
     */
    static Told word(CastPrompt prompt, List<CastScript.Part> parts, boolean placed, SplittableRandom random) {
        Telling telling = Telling.values()[random.nextInt(Telling.values().length)];
        if (telling == Telling.PLACES && !placed) {
            telling = Telling.CLOTHES;
        }
        List<Role> roles = new ArrayList<>();
        for (CastScript.Part part : parts) {
            Role role = part.role();
            roles.add(new Role(
                    role.presentation(),
                    role.garment(),
                    telling == Telling.PLACES ? part.place() : null,
                    telling == Telling.LOOKS ? look(part, parts, random) : null));
        }
        List<Role> order = new ArrayList<>(roles);
        for (int i = order.size() - 1; i > 0; i--) {
            Collections.swap(order, i, random.nextInt(i + 1));
        }
        if (telling == Telling.CLOTHES) {
            order.sort(Comparator.comparing(Role::presentation)); // a stable sort: clothes keep their random order
            if (random.nextBoolean()) {
                order.sort(Comparator.comparing(Role::presentation).reversed());
            }
        } else if (telling == Telling.PLACES && random.nextBoolean()) {
            order.sort(Comparator.comparing(Role::place)); // from left to right
        }
        return new Told(prompt.with(order, shortSentence(prompt, order, random)), roles);
    }

    private static @Nullable Look look(CastScript.Part part, List<CastScript.Part> parts, SplittableRandom random) {
        List<CastIdentity> others = parts.stream()
                .filter(other -> other != part)
                .map(CastScript.Part::who)
                .toList();
        List<Look> telling = Look.telling(part.who(), others);
        return telling.isEmpty() ? null : Seeds.pick(random, telling);
    }

    private static String shortSentence(CastPrompt prompt, List<Role> order, SplittableRandom random) {
        for (int i = 0; i < TRIES; i++) {
            String caption = sentence(prompt, order, random);
            if (words(caption).size() <= MOST_WORDS) {
                return caption;
            }
        }
        throw new AssertionError("no short words for " + prompt);
    }

    private static String sentence(CastPrompt prompt, List<Role> order, SplittableRandom random) {
        String who = people(prompt.camera(), order, random);
        int count = order.size();
        boolean sunny = prompt.light() == Light.DAY && random.nextBoolean();
        String place = place(prompt.scene(), sunny);
        String light = sunny ? "" : Seeds.pick(random, prompt.light().phrases());
        boolean plainDay = prompt.light() == Light.DAY && random.nextInt(3) == 0;
        String when = plainDay || light.isEmpty() ? "" : " " + light;
        String verb = prompt.action().verb(count);
        String core = switch (random.nextInt(4)) {
            case 0 -> who + " " + verb + " " + place + when;
            case 1 -> place + when + ", " + who + " " + verb;
            case 2 -> who + (count == 1 ? " is " : " are ") + prompt.action().going() + " " + place + when;
            default -> who + " " + verb + when + " " + place;
        };
        return camera(prompt.camera(), core, who, prompt, place + when, random);
    }

    private static String camera(
            Camera camera, String core, String who, CastPrompt prompt, String where, SplittableRandom random) {
        if (camera == Camera.STILL) {
            return capital(core) + ".";
        }
        if (random.nextBoolean()) {
            return capital(camera.shot()) + " of " + who + " " + prompt.action().going() + " " + where + ".";
        }
        return capital(core) + ", " + camera.clause() + ".";
    }

    private static String capital(String sentence) {
        return Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private static String place(Scene scene, boolean sunny) {
        String noun = sunny ? (scene.indoors() ? "bright " : "sunny ") + scene.noun() : scene.noun();
        String article = scene == Scene.HARBOUR && !sunny ? "the" : "aeiou".indexOf(noun.charAt(0)) >= 0 ? "an" : "a";
        return scene.preposition() + " " + article + " " + noun;
    }

    private static String people(Camera camera, List<Role> order, SplittableRandom random) {
        if (order.stream().anyMatch(role -> role.place() != null || role.look() != null)) {
            boolean before = camera == Camera.STILL && random.nextBoolean(); // "slow pan of on the left" is no English
            List<String> each = order.stream().map(role -> single(role, before)).toList();
            return each.size() == 1 ? each.getFirst() : list(each);
        }
        List<String> groups = new ArrayList<>();
        for (Presentation presentation :
                order.stream().map(Role::presentation).distinct().toList()) {
            List<Garment> clothes = order.stream()
                    .filter(role -> role.presentation() == presentation)
                    .map(Role::garment)
                    .toList();
            groups.add(group(presentation, clothes, random));
        }
        return String.join(" and ", groups);
    }

    /** "a woman with red hair in a blue coat"; where she stands comes {@code before} that or after it. */
    private static String single(Role role, boolean before) {
        Look look = role.look();
        Place place = role.place();
        String told = "a " + (role.presentation() == Presentation.WOMAN ? "woman" : "man")
                + (look == null ? "" : " " + look.phrase())
                + " in a" + vowel(role.garment()) + phrase(role.garment());
        return place == null ? told : before ? place.phrase() + " " + told : told + " " + place.phrase();
    }

    /**
     * Where {@code caption} tells of one person alone: of the person with clothes, of the clothes, or of their colour, the most that
     * stands in it once. It is told of whom where there are looks to go by, hair, glasses and the like, or as the only woman
     * or man.
     *
     * @param roles as the caption tells of them
     */
    static List<Clip.Mention> mentions(String caption, List<Role> roles) {
        if (roles.size() < 2) {
            return List.of();
        }
        List<Clip.Mention> mentions = new ArrayList<>();
        String text = caption.toLowerCase(Locale.ROOT);
        for (int i = 0; i < roles.size(); i++) {
            Role role = roles.get(i);
            boolean alone = roles.stream()
                            .filter(other -> other.presentation() == role.presentation())
                            .count()
                    == 1;
            String whole = single(new Role(role.presentation(), role.garment(), null, role.look()), false);
            for (String words : List.of(
                    whole, phrase(role.garment()), role.garment().colour().word())) {
                int start = text.indexOf(words);
                boolean shared = Stream.concat(
                                roles.subList(0, i).stream(), roles.subList(i + 1, roles.size()).stream())
                        .anyMatch(other -> phrase(other.garment()).contains(words));
                if (start >= 0 && text.indexOf(words, start + 1) < 0 && !shared) {
                    boolean told = words.equals(whole) && (alone || role.look() != null);
                    mentions.add(new Clip.Mention(i, start, start + words.length(), told));
                    break;
                }
            }
        }
        return mentions;
    }

    private static String group(Presentation presentation, List<Garment> clothes, SplittableRandom random) {
        boolean woman = presentation == Presentation.WOMAN;
        if (clothes.size() == 1) {
            return "a " + (woman ? "woman" : "man") + " in a" + vowel(clothes.getFirst()) + phrase(clothes.getFirst());
        }
        String who = COUNTS.get(clothes.size()) + (woman ? " women" : " men");
        boolean sameKind = clothes.stream().map(Garment::kind).distinct().count() == 1;
        if (sameKind) {
            boolean sameColour =
                    clothes.stream().map(Garment::colour).distinct().count() == 1;
            List<String> colours =
                    clothes.stream().map(garment -> garment.colour().word()).toList();
            return who + " in " + (sameColour ? colours.getFirst() : list(colours)) + " "
                    + clothes.getFirst().kind().plural();
        }
        List<String> each = clothes.stream()
                .map(garment -> "a" + vowel(garment) + phrase(garment))
                .toList();
        return who + (random.nextBoolean() ? " in " : " wearing ") + list(each);
    }

    /** See {@link CastScript#naming}; {@code roles} in the order of {@code names}. */
    static String naming(CastPrompt prompt, List<Role> roles, List<String> names) {
        List<String> people = new ArrayList<>();
        for (int n = 0; n < names.size(); n++) {
            Garment garment = roles.get(n).garment();
            people.add(names.get(n) + " in a" + vowel(garment) + phrase(garment));
        }
        String who = people.size() == 1 ? people.getFirst() : list(people);
        String light = prompt.light().phrases().getFirst();
        return who + " " + prompt.action().verb(names.size()) + " " + place(prompt.scene(), false) + " " + light + ".";
    }

    private static String vowel(Garment garment) {
        return garment.colour() == Dye.ORANGE ? "n " : " ";
    }

    private static String phrase(Garment garment) {
        return garment.colour().word() + " " + garment.kind().word();
    }

    private static String list(List<String> words) {
        int last = words.size() - 1;
        return String.join(", ", words.subList(0, last)) + " and " + words.get(last);
    }

    /** See {@link CastPrompt#parse}. */
    static CastPrompt parse(String caption) {
        String text = " " + String.join(" ", words(caption)) + " ";
        Scene scene = find(caption, text, "scene", Scene.values(), value -> List.of(value.noun()));
        Action action = find(caption, text, "action", Action.values(), Action::words);
        Light light = lookUp(text, Light.values(), Light::phrases);
        Camera camera = text.contains(" pan ") || text.contains(" pans ")
                ? Camera.PAN
                : text.contains(" zoom ") || text.contains(" zooms ") ? Camera.ZOOM : Camera.STILL;
        List<Role> people = CaptionPeople.read(caption, words(caption));
        return new CastPrompt(scene, action, light == null ? Light.DAY : light, camera, people, caption);
    }

    private static List<String> words(String caption) {
        return Arrays.stream(caption.toLowerCase(Locale.ROOT).split("[^a-z0-9']+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private interface Wording<T> {
        List<String> of(T value);
    }

    private static <T extends Enum<T>> T find(
            String caption, String text, String what, T[] values, Wording<T> wording) {
        T found = lookUp(text, values, wording);
        if (found == null) {
            String choices = Arrays.stream(values)
                    .map(value -> wording.of(value).getFirst())
                    .collect(Collectors.joining(", "));
            throw new InvalidInputException(
                    "prompt \"" + caption + "\": names no " + what + " that can be drawn; use one of " + choices);
        }
        return found;
    }

    private static <T extends Enum<T>> @Nullable T lookUp(String text, T[] values, Wording<T> wording) {
        for (T value : values) {
            for (String phrase : wording.of(value)) {
                if (text.contains(" " + phrase + " ")) {
                    return value;
                }
            }
        }
        return null;
    }
}
