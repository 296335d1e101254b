package ai.ingredients.evaluation.faces;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a recogniser makes of a face, at length 1. Immutable. */
public final class Embedding {
    private final float[] unit;

    private Embedding(float[] unit) {
        this.unit = unit;
    }

    /** Of a recogniser's output, which is not changed; all zeros stay so and are similar to nobody. */
    public static Embedding of(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        if (!Double.isFinite(squares)) {
            throw new IllegalArgumentException("an embedding of finite numbers expected");
        }
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        float[] unit = new float[values.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (values[i] * scale);
        }
        return new Embedding(unit);
    }

    /** The cosine of the angle to another embedding of the same recogniser, −1 to 1. */
    public double similarity(Embedding other) {
        if (unit.length != other.unit.length) {
            throw new IllegalArgumentException(
                    "embeddings of " + unit.length + " and " + other.unit.length + " numbers are not comparable");
        }
        double product = 0;
        for (int i = 0; i < unit.length; i++) {
            product += (double) unit[i] * other.unit[i];
        }
        return Math.clamp(product, -1, 1);
    }

    /** The numbers, at length 1 or all 0; a copy. */
    float[] values() {
        return unit.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Embedding that && Arrays.equals(unit, that.unit);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(unit);
    }
}
