package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** In what the matrices of the video transformer's blocks are kept while they are loaded; everything is computed as before. */
public enum WeightsDtype {
    /** In the type that is computed in. */
    SAME,
    /** In whole numbers of 8 bits with a scale for each output channel, see {@link Matrix}; the video changes slightly. */
    INT8;

    /** The command-line spelling: {@code same} or {@code int8}. */
    public static WeightsDtype parse(String text) {
        for (WeightsDtype dtype : values()) {
            if (dtype.toString().equalsIgnoreCase(text)) {
                return dtype;
            }
        }
        String known = Arrays.stream(values()).map(WeightsDtype::toString).collect(Collectors.joining(" or "));
        throw new InvalidInputException("`weightsDtype` \"" + text + "\" is not known; use " + known);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
