package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import java.util.List;
import java.util.ServiceLoader;

/**
 * A world whose clips and people are made when they are asked for, as many as are wanted: what {@code kind: cast} in a
 * config means. Training knows none; whoever has one registers it as a {@link ServiceLoader service}.
 *
 * <p>Implementations are stateless and thread-safe: the same numbers always give the same clips and people.
 */
public interface ClipWorld {
    /**
     * Somebody of the world: who is in a clip of a source.
     *
     * @param split whose people
     * @param seed of the source
     * @param people in each clip of the source
     * @param clip number of the clip
     * @param place of the person among the clip's photos, counted from 0
     */
    record Character(Split split, long seed, int people, long clip, int place) {
        /** Somebody whom models may have learned. */
        public static final Character DEFAULT = new Character(Split.TRAIN, 1, 1, 0, 0);

        public Character {
            if (people < 1 || clip < 0 || place < 0 || place >= people) {
                throw new InvalidInputException("people is " + people + ", clip " + clip + " and place " + place
                        + "; expected at least 1, at least 0, and a place below people");
            }
        }
    }

    /**
     * Clips.
     *
     * @param split which people and prompts
     * @param size how many
     * @param seed other seeds give other clips of the same split
     * @param people how many people clips have, each entry equally often
     * @param photos of each person
     * @throws InvalidInputException when the world has no clips of so many people
     */
    ClipSource clips(Split split, long size, long seed, List<Integer> people, int photos, ClipFormat format);

    /**
     * Photos of people.
     *
     * @param split which people
     * @param people how many
     * @param seed other seeds give other people
     */
    Portraits portraits(Split split, int people, long seed);

    /**
     * Photos of one person, and clips of nobody else whose captions are of the training split.
     *
     * @throws InvalidInputException when the world has no such person
     */
    Subject subject(Character who, int photos, int clips, ClipFormat format);

    /** Captions in the world's words with {@code {}} in place of a person. */
    List<String> templates();

    /**
     * The world on the class path.
     *
     * @throws InvalidInputException when there is none
     */
    static ClipWorld find() {
        return ServiceLoader.load(ClipWorld.class, ClipWorld.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("kind is cast, but no drawn world is on the class path; "
                        + "add ai.ingredients:ingredients-lab, or use kind: folder"));
    }
}
