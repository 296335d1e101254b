package ai.ingredients.training.text;

import java.util.Map;

/**
 * A caption, and what is known about it beyond its words.
 *
 * @param text the caption
 * @param labels values by label name, for instance {@code scene=beach}; empty for captions nobody described
 */
public record LabelledText(String text, Map<String, String> labels) {
    public LabelledText {
        labels = Map.copyOf(labels);
    }

    /** A caption with nothing known about it. */
    public static LabelledText of(String text) {
        return new LabelledText(text, Map.of());
    }
}
