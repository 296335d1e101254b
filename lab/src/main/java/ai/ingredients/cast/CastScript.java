package ai.ingredients.cast;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.media.Picture;
import java.awt.geom.AffineTransform;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A clip that is not drawn yet: what happens, and who does it in which clothes and where.
 *
 * <p>The order of the parts is that of the people's photos. It is drawn by itself and says nothing of where anybody
 * stands, nor of the order in which the caption names them.
 *
 * @param prompt what happens; its people are in the order of the caption
 * @param parts who plays, in the order of their photos
 * @param seed of places, motion, the look of the scene, and the photos
 */
public record CastScript(CastPrompt prompt, List<Part> parts, long seed) {
    /** People of one clip are at least this different, so that it can be told who is who. */
    private static final double LEAST_DISTANCE = 0.3;
    /** So many characters are looked at for a role before its look is said to be too rare. */
    private static final int TRIES = 200_000;

    // What the random numbers are for.
    private static final long CAST = 1;
    private static final long STAGING = 2;
    private static final long PHOTO = 3;
    private static final long BLOCKING = 4;
    private static final long WORDS = 5;
    private static final long ORDER = 6;

    public CastScript {
        parts = List.copyOf(parts);
    }

    /**
     * A character in a clip.
     *
     * @param who the character
     * @param role what the prompt says of it
     * @param place where it stands, or begins
     */
    public record Part(CastIdentity who, Role role, Place place) {}

    /**
     * The prompt about people with names: "‹ann› in a red coat and ‹bob› in a blue shirt talk in a park." The camera is
     * left out.
     *
     * @param names one for each part
     */
    public String naming(List<String> names) {
        if (names.size() != parts.size()) {
            throw new IllegalArgumentException(names.size() + " names for " + parts.size() + " people");
        }
        return Captions.naming(prompt, parts.stream().map(Part::role).toList(), names);
    }

    /**
     * Finds characters of {@code split} for the roles of {@code prompt}, tells them where to stand, as far as it does not
     * say so itself, and finds words for it where it has none.
     *
     * @throws InvalidInputException when the prompt puts two people in one place, or asks for looks nobody has
     */
    public static CastScript of(CastPrompt prompt, Split split, long seed) {
        SplittableRandom random = Seeds.random(seed, CAST);
        List<CastIdentity> people = new ArrayList<>();
        for (Role role : prompt.people()) {
            people.add(different(random, split, role, people));
        }
        return played(prompt, people, seed);
    }

    /**
     * As {@link #of}, by characters who are there already.
     *
     * @param people one for each role of the prompt, in its order
     */
    public static CastScript played(CastPrompt prompt, List<CastIdentity> people, long seed) {
        List<Role> roles = prompt.people();
        List<Place> places = places(prompt, Seeds.random(seed, CAST, 1));
        List<Integer> order = new ArrayList<>();
        IntStream.range(0, roles.size()).forEach(order::add);
        shuffle(order, Seeds.random(seed, ORDER));
        List<Part> parts = order.stream()
                .map(i -> new Part(people.get(i), roles.get(i), places.get(i)))
                .toList();
        CastScript bare = new CastScript(prompt, parts, seed);
        return prompt.caption().isEmpty() ? bare.worded() : bare;
    }

    private CastScript worded() {
        Captions.Told told = Captions.word(prompt, parts, blocking().keepsPlaces(), Seeds.random(seed, WORDS));
        List<Part> cast = IntStream.range(0, parts.size())
                .mapToObj(i -> new Part(parts.get(i).who, told.roles().get(i), parts.get(i).place))
                .toList();
        return new CastScript(told.prompt(), cast, seed);
    }

    /** Where everyone stands: as the prompt says, or else drawn. */
    private static List<Place> places(CastPrompt prompt, SplittableRandom random) {
        List<Role> roles = prompt.people();
        List<Place> free = new ArrayList<>(Place.of(roles.size()));
        Set<Place> taken = EnumSet.noneOf(Place.class);
        for (Role role : roles) {
            Place told = role.place();
            if (told != null && (!taken.add(told) || !free.remove(told))) {
                throw new InvalidInputException("prompt \"" + prompt.caption() + "\": puts somebody " + told.phrase()
                        + ", where with " + roles.size() + " people nobody or somebody else stands; use "
                        + String.join(
                                ", ",
                                Place.of(roles.size()).stream()
                                        .map(Place::phrase)
                                        .toList()));
            }
        }
        shuffle(free, random);
        List<Place> places = new ArrayList<>();
        for (Role role : roles) {
            Place told = role.place();
            places.add(told != null ? told : free.removeLast());
        }
        return places;
    }

    private static void shuffle(List<?> list, SplittableRandom random) {
        for (int i = list.size() - 1; i > 0; i--) {
            Collections.swap(list, i, random.nextInt(i + 1));
        }
    }

    private static CastIdentity different(SplittableRandom random, Split split, Role role, List<CastIdentity> others) {
        for (int i = 0; i < TRIES; i++) {
            CastIdentity drawn = CastIdentity.draw(random, split, role.presentation());
            Look look = role.look();
            if ((look == null || look.fits(drawn))
                    && others.stream().allMatch(other -> other.distance(drawn) >= LEAST_DISTANCE)) {
                return drawn;
            }
        }
        throw new InvalidInputException("no " + role.presentation().name().toLowerCase(Locale.ROOT) + " "
                + (role.look() == null ? "" : role.look().phrase() + " ") + "was found among " + TRIES + " characters");
    }

    /** How everyone stands and moves about. */
    Blocking blocking() {
        return Blocking.draw(Seeds.random(seed, BLOCKING), parts.size(), prompt.action());
    }

    /**
     * Draws the clip.
     *
     * @param id of the clip
     * @param photosPerPerson at least 1
     */
    public Clip film(String id, ClipFormat format, int photosPerPerson) {
        List<Picture> frames = new ArrayList<>();
        List<List<Seen>> tracks =
                parts.stream().<List<Seen>>map(part -> new ArrayList<>()).toList();
        film(format, frames, tracks);
        List<Person> people = IntStream.range(0, parts.size())
                .mapToObj(i -> new Person(
                        parts.get(i).who.id(), photos(i, format.photoSide(), photosPerPerson), tracks.get(i)))
                .toList();
        List<Clip.Mention> mentions = Captions.mentions(
                prompt.caption(), parts.stream().map(Part::role).toList());
        return new Clip(id, frames, format.fps(), prompt.caption(), people, mentions);
    }

    private void film(ClipFormat format, List<Picture> frames, List<List<Seen>> tracks) {
        SplittableRandom random = Seeds.random(seed, STAGING);
        long sceneSeed = random.nextLong();
        Staging staging = new Staging(parts.stream().map(Part::place).toList(), prompt.action(), blocking(), random);
        CastRenderer renderer =
                new CastRenderer(format.width(), format.height(), prompt.scene(), prompt.light(), sceneSeed);
        for (int frame = 0; frame < format.frames(); frame++) {
            double seconds = frame / format.fps();
            double share = format.frames() == 1 ? 0 : (double) frame / (format.frames() - 1);
            AffineTransform camera = CastRenderer.camera(prompt.camera(), share, format.width(), format.height());
            List<CastRenderer.Actor> actors = IntStream.range(0, parts.size())
                    .mapToObj(i -> new CastRenderer.Actor(
                            parts.get(i).who, parts.get(i).role.garment(), staging.pose(i, seconds)))
                    .toList();
            CastRenderer.Shot shot =
                    renderer.shoot(camera, Motion.travelled(prompt.action(), seconds), actors, staging.order());
            frames.add(shot.picture());
            for (int i = 0; i < parts.size(); i++) {
                tracks.get(i).add(shot.seen().get(i));
            }
        }
        renderer.dispose();
    }

    private List<PersonPhoto> photos(int number, int side, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> CastSource.photo(parts.get(number).who, side, Seeds.of(seed, PHOTO, number, i)))
                .toList();
    }
}
