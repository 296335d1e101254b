package ai.ingredients;

import ai.ingredients.face.PersonName;
import ai.ingredients.pipeline.RecipeSources.Shown;
import ai.ingredients.pipeline.RecipeSources.Source;
import ai.ingredients.pipeline.RecipeSources.Who;
import ai.ingredients.tensor.Scope;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * People who were found in their photos once and may appear in any number of videos, with the same bits as from the photos
 * themselves. Made by {@link Ingredients#people}; does not end with it.
 *
 * <p>Holds native memory until {@link #close}: for a published model about 30 MB a person in fp32. Immutable; several
 * threads may use it, and close it when no video with it is being made.
 */
public final class People implements AutoCloseable {
    private ai.ingredients.face.@Nullable People people;
    private final List<String> names;
    private final Who origin;

    /** Where the people of {@code portraits} come from, for the recipe. */
    static Who origin(List<Portrait> portraits) {
        List<Shown> photos = new ArrayList<>();
        for (Portrait portrait : portraits) {
            photos.add(portrait.shown(photos.size() + 1));
        }
        Source landmarks = portraits.stream()
                .map(Portrait::landmarkFile)
                .filter(Objects::nonNull)
                .findFirst()
                .map(file -> Source.of(file.source()))
                .orElse(null);
        return new Who(photos, false, landmarks);
    }

    /** @param people of the current scope, which they outlive */
    People(ai.ingredients.face.People people, Who origin) {
        this.people = people.retain();
        this.names = people.names();
        this.origin = origin;
    }

    /** How many they are. */
    public int size() {
        return names.size();
    }

    /** What each is called in prompts; empty for somebody without a name. */
    public List<String> names() {
        return names;
    }

    /** The reference canvas with their faces, which the model is shown besides their features. */
    public BufferedImage canvas() {
        return inner().canvas().image();
    }

    /**
     * Writes them to a safetensors file, which {@link Ingredients#savedPeople} reads.
     *
     * @throws OperationFailedException when it cannot be written
     */
    public void save(Path file) {
        try (Scope scope = Scope.inference()) {
            inner().save(file);
        }
    }

    ai.ingredients.face.People inner() {
        ai.ingredients.face.People open = people;
        if (open == null) {
            throw new IllegalStateException("these people were closed; prepare them again");
        }
        return open;
    }

    Who origin() {
        return origin;
    }

    boolean named() {
        return names.stream().anyMatch(name -> !name.equals(PersonName.NONE));
    }

    /** Frees the native memory. Does nothing the second time. */
    @Override
    public void close() {
        ai.ingredients.face.People open = people;
        people = null;
        if (open != null) {
            open.close();
        }
    }
}
