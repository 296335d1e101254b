package ai.ingredients.cli;

import ai.ingredients.Ingredients;
import ai.ingredients.People;
import ai.ingredients.Portrait;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** People who appear in several videos: found in their photos once, while they are among the last few that appeared. */
final class SharedPeople implements AutoCloseable {
    /** Some 30 MB a person for a published model. */
    private static final int KEPT = 4;

    private final Ingredients ingredients;
    private final TerminalProgress progress;
    private final boolean shared;
    private final Map<String, People> known = new LinkedHashMap<>();

    /** @param shared whether there will be several videos; for one alone people come with their video */
    SharedPeople(Ingredients ingredients, TerminalProgress progress, boolean shared) {
        this.ingredients = ingredients;
        this.progress = progress;
        this.shared = shared;
    }

    Ingredients ingredients() {
        return ingredients;
    }

    boolean shared() {
        return shared;
    }

    /** People prepared in a file. */
    People saved(Path file) {
        return kept("file " + file, () -> ingredients.savedPeople(file));
    }

    /** The people of photos; {@code key} is equal for equal ones. */
    People of(List<Portrait> portraits, String key) {
        return kept("photos " + key, () -> ingredients.people(portraits, progress::warning));
    }

    private People kept(String key, java.util.function.Supplier<People> prepare) {
        People people = known.remove(key);
        if (people == null) {
            people = prepare.get();
        }
        known.put(key, people); // the last one to go
        if (known.size() > KEPT) {
            String oldest = known.keySet().iterator().next();
            People gone = known.remove(oldest);
            if (gone != null) {
                gone.close();
            }
        }
        return people;
    }

    @Override
    public void close() {
        known.values().forEach(People::close);
        known.clear();
    }
}
