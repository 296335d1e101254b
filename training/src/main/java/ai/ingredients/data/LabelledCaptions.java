package ai.ingredients.data;

import java.util.List;
import java.util.Map;

/** A source that knows what its captions mean beyond their words. Thread-safe. */
public interface LabelledCaptions {
    /** Every label a caption may carry, such as {@code scene}, and its values, whose order gives their numbers. */
    Map<String, List<String>> labelValues();

    /**
     * What the caption of clip {@code index} states: values by label.
     *
     * @param index 0 … size − 1
     */
    Map<String, String> labels(long index);
}
