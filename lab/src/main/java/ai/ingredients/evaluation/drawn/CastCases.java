package ai.ingredients.evaluation.drawn;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity;
import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastScript;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.evaluation.Cases;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.faces.MatchedFaces;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Cases of the drawn world's test split: people and prompts no model has learned. Case i is the same whatever the count,
 * so a longer evaluation contains a shorter one.
 *
 * <p>Immutable and thread-safe.
 */
public final class CastCases implements Cases {
    /** Seed of reported results. */
    public static final long DEFAULT_SEED = 2024;

    private static final ClipFormat FORMAT = ClipFormat.DEFAULT;
    // Strangers and clips of others come from sources of their own.
    private static final long STRANGERS = 0x5354524e;
    private static final long OTHERS = 0x4f544852;
    private static final long MOMENTS = 0x4d4f4d45;
    private static final int MOMENTS_PER_PERSON = 20;
    private static final long MORE = 0x4d4f5245;

    private final int count;
    private final int people;
    private final long seed;
    private final CastSource source;

    /**
     * @param count cases, at least 1
     * @param people in each case, 1 to 3
     * @param seed other seeds give other cases
     * @throws InvalidInputException when a number is out of range
     */
    public CastCases(int count, int people, long seed) {
        if (count < 1) {
            throw new InvalidInputException("--count " + count + " is too few; use at least 1 (100 for results)");
        }
        if (people < 1 || people > CastPrompt.MOST_PEOPLE) {
            throw new InvalidInputException(
                    "--people " + people + " cannot be drawn; use 1 to " + CastPrompt.MOST_PEOPLE);
        }
        this.count = count;
        this.people = people;
        this.seed = seed;
        source = new CastSource(Split.TEST, count, seed, new int[] {people}, 1, FORMAT);
    }

    @Override
    public int count() {
        return count;
    }

    /** How many people are in each. */
    public int people() {
        return people;
    }

    /** Of the people and prompts. */
    public long seed() {
        return seed;
    }

    /** Names the way clips are drawn: equal names, equal pictures. */
    String drawing() {
        return source.name();
    }

    /** What case {@code index} shows and who is in it, in the order of the photos, without drawing it. */
    public CastScript script(int index) {
        return source.script(index);
    }

    @Override
    public EvaluationCase get(int index) {
        return CastCase.of(index, name(index), source.script(index), source.clip(index));
    }

    /** Case {@code index} as {@link NamedCases} has it. */
    EvaluationCase named(int index) {
        return CastCase.named(index, name(index), source.script(index), source.clip(index));
    }

    @Override
    public String name(int index) {
        return "case " + index;
    }

    @Override
    public ObjectNode recipe() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("cases", "cast-test")
                .put("people", people)
                .put("case_seed", seed)
                .put("drawing", drawing());
    }

    /** A clip with equally many people who are not those of case {@code index}. */
    public Clip ofOthers(int index) {
        return new CastSource(Split.TEST, count, seed ^ OTHERS, new int[] {people}, 1, FORMAT).clip(index);
    }

    /** Test people of other cases, enough that {@link MatchedFaces#CANDIDATES} remain without those of a case. */
    @Override
    public Map<String, PersonPhoto> candidates() {
        int needed = MatchedFaces.CANDIDATES + CastPrompt.MOST_PEOPLE;
        CastSource crowd = new CastSource(Split.TEST, 2L * needed, seed ^ STRANGERS, 1);
        Map<String, PersonPhoto> photos = new LinkedHashMap<>();
        for (long i = 0; photos.size() < needed; i++) { // two draws of one person among 10^8 are rare
            CastIdentity who = crowd.identities(i).getFirst();
            long moment = seed + i;
            photos.computeIfAbsent(who.id(), id -> CastSource.photo(who, FORMAT.photoSide(), moment));
        }
        return photos;
    }

    /** Drawn as the photos of cases are, so that nothing but chance tells a case's photo from these. */
    @Override
    public List<List<PersonPhoto>> otherPhotos(int index) {
        SplittableRandom random = moments(index, MOMENTS);
        return source.identities(index).stream()
                .map(who -> random.longs(MOMENTS_PER_PERSON)
                        .mapToObj(moment -> CastSource.photo(who, FORMAT.photoSide(), moment))
                        .toList())
                .toList();
    }

    /**
     * For models that take several photos of a person: {@code each} more of everyone, in the order of their photos, none of
     * which judges anything. Fewer are the first of more.
     */
    public List<List<PersonPhoto>> morePhotos(int index, int each) {
        SplittableRandom random = moments(index, MORE);
        return source.identities(index).stream()
                .map(who -> random.split()
                        .longs(each)
                        .mapToObj(moment -> CastSource.photo(who, FORMAT.photoSide(), moment))
                        .toList())
                .toList();
    }

    private SplittableRandom moments(int index, long kind) {
        return new SplittableRandom(seed ^ kind ^ ((long) index << Integer.SIZE));
    }
}
