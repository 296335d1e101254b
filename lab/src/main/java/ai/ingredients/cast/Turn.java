package ai.ingredients.cast;

/**
 * A face on an egg that turns: where points of the face go when the head yaws and nods.
 *
 * @param yaw radians, positive to the viewer's right
 * @param pitch radians, positive down
 * @param across half the width of the egg
 */
record Turn(double yaw, double pitch, double across) implements Form.Warp {
    private static final double DOWN = 0.66;

    @Override
    public double x(double x, double y) {
        return turned(x, across, yaw);
    }

    @Override
    public double y(double x, double y) {
        return turned(y, DOWN, pitch);
    }

    private static double turned(double at, double radius, double angle) {
        double on = Math.clamp(at / radius, -1, 1);
        return radius * StrictMath.sin(StrictMath.asin(on) + angle);
    }

    /** How wide things at x look against how wide they are. */
    double narrowing(double x) {
        double on = StrictMath.asin(Math.clamp(x / across, -0.95, 0.95));
        return Math.clamp(StrictMath.cos(on + yaw) / StrictMath.cos(on), 0.5, 1.15);
    }

    /** The same turn for the hair over the forehead, whose outline stays where the skull is. */
    Form.Warp hair() {
        double shiftX = 0.26 * StrictMath.sin(yaw);
        double shiftY = 0.20 * StrictMath.sin(pitch);
        return new Form.Warp() {
            @Override
            public double x(double x, double y) {
                return x + shiftX * inner(x, y);
            }

            @Override
            public double y(double x, double y) {
                return y + shiftY * inner(x, y);
            }
        };
    }

    private static double inner(double x, double y) {
        double across = Math.max(0, 1 - x * x / (0.54 * 0.54));
        return across * Math.clamp((y + 0.85) / 0.5, 0, 1);
    }

    /** The same turn for the outline of the face: chin and cheeks follow a little. */
    Form.Warp outline() {
        double shiftX = 0.10 * StrictMath.sin(yaw);
        double shiftY = 0.08 * StrictMath.sin(pitch);
        return new Form.Warp() {
            @Override
            public double x(double x, double y) {
                return x + shiftX * Math.clamp((y + 0.5) / 0.9, 0, 1);
            }

            @Override
            public double y(double x, double y) {
                return y + shiftY * Math.clamp((y + 0.5) / 0.9, 0, 1);
            }
        };
    }
}
