package ai.ingredients.data;

import ai.ingredients.data.Clip.PersonPhoto;
import java.util.List;

/**
 * Photos of people by number, as many of each as are asked for. The same numbers always give the same photo.
 *
 * <p>Thread-safe.
 */
public interface Portraits {
    /** What it is, for messages. */
    String name();

    /** How many people there are. */
    int people();

    /** A name for person {@code person}, for messages. */
    String describe(int person);

    /**
     * A photo of person {@code person}.
     *
     * @param moment which one; any number
     */
    PersonPhoto photo(int person, long moment);

    /** How many values each trait of a person has, for instance hair colours; empty when traits are not known. */
    List<Integer> traitSizes();

    /** The value of each trait of person {@code person}. */
    List<Integer> traits(int person);
}
