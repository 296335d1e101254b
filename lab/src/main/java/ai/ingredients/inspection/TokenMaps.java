package ai.ingredients.inspection;

import ai.ingredients.pipeline.RoutingMaps;

/**
 * One routed block at one step, token by token, in half precision.
 *
 * @param people N
 * @param shares of person n in token v at {@code v · N + n}, fp16 bits
 * @param residual ‖identity residual‖ / ‖hidden state‖ of every token, fp16 bits
 */
public record TokenMaps(int people, short[] shares, short[] residual) {
    static TokenMaps of(int people, float[] shares, float[] residual) {
        return new TokenMaps(people, halves(shares), halves(residual));
    }

    private static short[] halves(float[] values) {
        short[] bits = new short[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToFloat16(values[i]);
        }
        return bits;
    }

    private static float[] floats(short[] bits) {
        float[] values = new float[bits.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.float16ToFloat(bits[i]);
        }
        return values;
    }

    /** Of person n in token v at {@code v · N + n}. */
    float[] shareValues() {
        return floats(shares);
    }

    /** Of every token. */
    float[] residualValues() {
        return floats(residual);
    }

    /** Who owns what. */
    RoutingMaps routing(TokenGrid grid) {
        return new RoutingMaps(grid.frames(), grid.rows(), grid.columns(), people, shareValues());
    }
}
