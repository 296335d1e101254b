package ai.ingredients.attributes;

import ai.ingredients.cast.CastPrompt;
import ai.ingredients.cast.CastPrompt.Action;
import ai.ingredients.cast.CastPrompt.Cut;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.CastPrompt.Scene;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a video of the drawn world shows, as numbers of the enums' values.
 *
 * @param single one value of each of {@link #SINGLE}: scene, action, light, number of people − 1
 * @param colours which {@link Dye} somebody wears
 * @param kinds which {@link Cut} somebody wears
 */
public record Attributes(List<Integer> single, List<Boolean> colours, List<Boolean> kinds) {
    /** Attributes with one value, and how many values each has. */
    public static final Map<String, Integer> SINGLE = sizes();

    public Attributes {
        single = List.copyOf(single);
        colours = List.copyOf(colours);
        kinds = List.copyOf(kinds);
    }

    private static Map<String, Integer> sizes() {
        Map<String, Integer> sizes = new LinkedHashMap<>();
        sizes.put("scene", Scene.values().length);
        sizes.put("action", Action.values().length);
        sizes.put("light", Light.values().length);
        sizes.put("count", CastPrompt.MOST_PEOPLE);
        return sizes;
    }

    /** What {@code prompt} asks for. */
    public static Attributes of(CastPrompt prompt) {
        return new Attributes(
                List.of(
                        prompt.scene().ordinal(),
                        prompt.action().ordinal(),
                        prompt.light().ordinal(),
                        prompt.people().size() - 1),
                List.of(Dye.values()).stream()
                        .map(dye -> prompt.people().stream()
                                .anyMatch(role -> role.garment().colour() == dye))
                        .toList(),
                List.of(Cut.values()).stream()
                        .map(cut -> prompt.people().stream()
                                .anyMatch(role -> role.garment().kind() == cut))
                        .toList());
    }
}
