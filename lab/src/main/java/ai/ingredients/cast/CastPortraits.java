package ai.ingredients.cast;

import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.Portraits;
import ai.ingredients.data.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Characters of the drawn world, drawn when they are asked for: large photos and ones as small as in a frame of a clip.
 *
 * <p>Immutable and thread-safe.
 */
final class CastPortraits implements Portraits {
    /** Pixels of the smallest photos: a head in a frame of three people. */
    private static final int LEAST_SIDE = 72;

    private static final int LARGEST_SIDE = 320;

    private final Split split;
    private final long seed;
    private final List<CastIdentity> characters = new ArrayList<>();

    /**
     * @param split which characters
     * @param people how many
     * @param seed other seeds give other characters
     */
    CastPortraits(Split split, int people, long seed) {
        this.split = split;
        this.seed = seed;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < people; i++) {
            Presentation presentation = i % 2 == 0 ? Presentation.WOMAN : Presentation.MAN;
            characters.add(CastIdentity.draw(random, split, presentation));
        }
    }

    @Override
    public String name() {
        return "cast-" + split.name().toLowerCase(Locale.ROOT) + "-portraits-" + seed;
    }

    @Override
    public int people() {
        return characters.size();
    }

    @Override
    public String describe(int person) {
        return characters.get(person).id();
    }

    @Override
    public PersonPhoto photo(int person, long moment) {
        SplittableRandom random = new SplittableRandom(seed ^ moment * 0x9E3779B97F4A7C15L ^ person);
        // Small ones more often: they are cheap to draw, and what a generated frame shows.
        double octaves = Math.log((double) LARGEST_SIDE / LEAST_SIDE);
        int side = (int) (LEAST_SIDE * Math.exp(octaves * Math.pow(random.nextDouble(), 1.5)));
        return CastSource.photo(characters.get(person), side, random.nextLong());
    }

    @Override
    public List<Integer> traitSizes() {
        return CastIdentity.traitSizes();
    }

    @Override
    public List<Integer> traits(int person) {
        return characters.get(person).traitValues();
    }
}
