package ai.ingredients.training.text;

import ai.ingredients.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The labels captions may carry and the values of each, whose order gives their numbers.
 *
 * @param values possible values by label name; the order of the names is kept
 */
public record LabelClasses(Map<String, List<String>> values) {
    /** The number of a label a caption does not state. */
    static final long UNKNOWN = -1;

    public LabelClasses {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        values.forEach((name, of) -> copy.put(name, List.copyOf(of)));
        values = Collections.unmodifiableMap(copy);
    }

    /** No labels: training on words alone. */
    public static LabelClasses none() {
        return new LabelClasses(Map.of());
    }

    /** Names in the order of {@link #numbers}. */
    public List<String> names() {
        return new ArrayList<>(values.keySet());
    }

    /**
     * The number of each label's value in {@code text}, or {@link #UNKNOWN}.
     *
     * @throws InvalidInputException when the value is none of the label's
     */
    long[] numbers(LabelledText text) {
        return values.entrySet().stream()
                .mapToLong(label -> number(label.getKey(), label.getValue(), text))
                .toArray();
    }

    private static long number(String name, List<String> values, LabelledText text) {
        String value = text.labels().get(name);
        if (value == null) {
            return UNKNOWN;
        }
        int number = values.indexOf(value);
        if (number < 0) {
            throw new InvalidInputException("caption \"" + text.text() + "\" has the label " + name + "=" + value
                    + "; expected one of " + values);
        }
        return number;
    }
}
