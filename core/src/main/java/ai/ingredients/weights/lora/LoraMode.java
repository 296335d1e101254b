package ai.ingredients.weights.lora;

import ai.ingredients.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How adapters are added to a model's matrices; the numbers differ by rounding only. */
public enum LoraMode {
    /** Merged where weights stay loaded, beside them where they are read again for each use. */
    AUTO,
    /**
     * W + s · up · down takes the place of W as the weights are loaded: nothing is slower afterwards, and matrices that
     * would have been read from the mapped file are copies in memory.
     */
    MERGED,
    /** W stays as it is, and each use adds up · (down · x): two thin products more, no copies. */
    SIDE_BY_SIDE;

    /** The command-line spelling: {@code auto}, {@code merged} or {@code side-by-side}. */
    public static LoraMode parse(String text) {
        for (LoraMode mode : values()) {
            if (mode.toString().equalsIgnoreCase(text)) {
                return mode;
            }
        }
        String known = Arrays.stream(values()).map(LoraMode::toString).collect(Collectors.joining(", "));
        throw new InvalidInputException("`loraMode` \"" + text + "\" is not known; use one of " + known);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
