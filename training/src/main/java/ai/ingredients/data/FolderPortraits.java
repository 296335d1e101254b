package ai.ingredients.data;

import ai.ingredients.data.Clip.PersonPhoto;
import java.util.List;

/**
 * The people of a data set on disk: their photos, and their faces cut from frames where there are no photos. Nothing is
 * known of their traits.
 *
 * <p>Immutable and thread-safe.
 */
public final class FolderPortraits implements Portraits {
    private final FolderSource source;
    private final List<String> ids;

    /** @param most so many people at most, in the order of their ids */
    public FolderPortraits(FolderSource source, int most) {
        this.source = source;
        List<String> all = source.persons();
        ids = all.subList(0, Math.min(most, all.size()));
    }

    @Override
    public String name() {
        return source.name() + "-portraits";
    }

    @Override
    public int people() {
        return ids.size();
    }

    @Override
    public String describe(int person) {
        return ids.get(person);
    }

    @Override
    public PersonPhoto photo(int person, long moment) {
        return source.photo(ids.get(person), moment);
    }

    @Override
    public List<Integer> traitSizes() {
        return List.of();
    }

    @Override
    public List<Integer> traits(int person) {
        return List.of();
    }
}
