package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Person;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Clip.Seen;
import ai.ingredients.media.Picture;
import java.awt.geom.AffineTransform;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A clip that is not drawn yet: what happens, and who does it in which clothes, from left to right.
 *
 * @param prompt what happens; its people are in the order of the caption
 * @param parts who plays, from left to right
 * @param seed of places, motion, the look of the scene, and the photos
 */
public record CastScript(CastPrompt prompt, List<Part> parts, long seed) {
    /** People of one clip are at least this different, so that it can be told who is who. */
    private static final double LEAST_DISTANCE = 0.3;

    // What the random numbers are for.
    private static final long CAST = 1;
    private static final long STAGING = 2;
    private static final long PHOTO = 3;

    public CastScript {
        parts = List.copyOf(parts);
    }

    /**
     * A character in a clip.
     *
     * @param who the character
     * @param role what the prompt says of it
     */
    public record Part(CastIdentity who, Role role) {}

    /**
     * The prompt about people with names: "‹ann› in a red coat and ‹bob› in a blue shirt talk in a park." The camera is
     * left out.
     *
     * @param names from left to right, one for each part
     */
    public String naming(List<String> names) {
        if (names.size() != parts.size()) {
            throw new IllegalArgumentException(names.size() + " names for " + parts.size() + " people");
        }
        return Captions.naming(prompt, parts.stream().map(Part::role).toList(), names);
    }

    /** Finds characters of {@code split} for the roles of {@code prompt} and tells them where to stand. */
    public static CastScript of(CastPrompt prompt, Split split, long seed) {
        SplittableRandom random = Seeds.random(seed, CAST);
        List<Role> roles = new ArrayList<>(prompt.people());
        for (int i = roles.size() - 1; i > 0; i--) { // the caption does not tell who stands where
            Collections.swap(roles, i, random.nextInt(i + 1));
        }
        List<Part> parts = new ArrayList<>();
        for (Role role : roles) {
            parts.add(new Part(different(random, split, role.presentation(), parts), role));
        }
        return new CastScript(prompt, parts, seed);
    }

    private static CastIdentity different(
            SplittableRandom random, Split split, Presentation presentation, List<Part> others) {
        while (true) {
            CastIdentity drawn = CastIdentity.draw(random, split, presentation);
            if (others.stream().allMatch(other -> other.who.distance(drawn) >= LEAST_DISTANCE)) {
                return drawn;
            }
        }
    }

    /**
     * Draws the clip.
     *
     * @param id of the clip
     * @param photosPerPerson at least 1
     */
    public Clip film(String id, CastSource.Format format, int photosPerPerson) {
        List<Picture> frames = new ArrayList<>();
        List<List<Seen>> tracks =
                parts.stream().<List<Seen>>map(part -> new ArrayList<>()).toList();
        film(format, frames, tracks);
        List<Person> people = IntStream.range(0, parts.size())
                .mapToObj(i -> new Person(
                        parts.get(i).who.id(), photos(i, format.photoSide(), photosPerPerson), tracks.get(i)))
                .toList();
        return new Clip(id, frames, format.fps(), prompt.caption(), people);
    }

    private void film(CastSource.Format format, List<Picture> frames, List<List<Seen>> tracks) {
        SplittableRandom random = Seeds.random(seed, STAGING);
        long sceneSeed = random.nextLong();
        Staging staging = new Staging(parts.size(), prompt.action(), random);
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

    private List<PersonPhoto> photos(int place, int side, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> CastSource.photo(parts.get(place).who, side, Seeds.of(seed, PHOTO, place, i)))
                .toList();
    }
}
