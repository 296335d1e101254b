package ai.ingredients.cast;

import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.LabelledCaptions;
import ai.ingredients.data.Split;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Clips of the drawn world, by number: everything about clip {@code index} follows from the seed, the split and the
 * index, so nothing is stored. The order of a clip's people, and so of their photos, says nothing of where they stand.
 *
 * <p>Immutable and thread-safe.
 */
public final class CastSource implements ClipSource, LabelledCaptions {
    /** Grows when people or clips are drawn in another way, so that caches of older drawings are not used. */
    private static final int DRAWING = 3;

    // What the random numbers are for.
    private static final long PEOPLE = 1;
    private static final long PROMPT = 2;
    private static final long SCRIPT = 3;

    private final Split split;
    private final long size;
    private final long seed;
    private final int[] peopleMix;
    private final int photosPerPerson;
    private final ClipFormat format;

    /**
     * Clips of the default format with two photos per person.
     *
     * @param split which people and prompts
     * @param size how many clips
     * @param seed other seeds give other clips of the same split
     * @param peopleMix how many people clips have, each entry equally often: {@code 1, 2, 2, 3}
     */
    public CastSource(Split split, long size, long seed, int... peopleMix) {
        this(split, size, seed, peopleMix, 2, ClipFormat.DEFAULT);
    }

    /** As above with everything chosen. */
    public CastSource(Split split, long size, long seed, int[] peopleMix, int photosPerPerson, ClipFormat format) {
        if (size < 1 || photosPerPerson < 1 || peopleMix.length == 0) {
            throw new IllegalArgumentException("a source needs at least one clip, one photo and one number of people");
        }
        for (int people : peopleMix) {
            if (people < 1 || people > CastPrompt.MOST_PEOPLE) {
                throw new IllegalArgumentException("clips have 1 to 3 people, not " + people);
            }
        }
        this.split = split;
        this.size = size;
        this.seed = seed;
        this.peopleMix = peopleMix.clone();
        this.photosPerPerson = photosPerPerson;
        this.format = format;
    }

    @Override
    public String name() {
        return "cast" + DRAWING + "-" + split.name().toLowerCase(Locale.ROOT) + "-" + seed + "-"
                + Arrays.stream(peopleMix).mapToObj(Integer::toString).reduce("", String::concat) + "-"
                + format.width() + "x" + format.height() + "x" + format.frames() + "-" + photosPerPerson;
    }

    @Override
    public long size() {
        return size;
    }

    private SplittableRandom random(long index, long... purpose) {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("clip " + index + " of " + size);
        }
        return Seeds.random(seed, split.ordinal(), index, Seeds.of(purpose));
    }

    @Override
    public int people(long index) {
        return peopleMix[random(index, PEOPLE).nextInt(peopleMix.length)];
    }

    /** What clip {@code index} shows, without drawing it; the order of its people is the caption's. */
    public CastPrompt prompt(long index) {
        return script(index).prompt();
    }

    /** What clip {@code index} shows and who is in it, without drawing it. */
    public CastScript script(long index) {
        CastPrompt bare = CastPrompt.draw(random(index, PROMPT), split, people(index));
        return CastScript.of(bare, split, random(index, SCRIPT).nextLong());
    }

    /** Who stands in clip {@code index}, in the order of their photos, without drawing it. */
    public List<CastIdentity> identities(long index) {
        return script(index).parts().stream().map(CastScript.Part::who).toList();
    }

    @Override
    public String caption(long index) {
        return prompt(index).caption();
    }

    @Override
    public Map<String, List<String>> labelValues() {
        return CastLabels.values();
    }

    @Override
    public Map<String, String> labels(long index) {
        return CastLabels.of(prompt(index));
    }

    @Override
    public Clip clip(long index) {
        return script(index).film(name() + "-" + index, format, photosPerPerson);
    }

    /**
     * A photo of {@code who} at a moment that follows from {@code seed}: other clothes, light, place, pose and face than in
     * any clip.
     *
     * @param side pixels, width and height
     */
    public static PersonPhoto photo(CastIdentity who, int side, long seed) {
        return PhotoStudio.shoot(who, side, seed);
    }
}
